"""The dry run: what a file would become, and everything that is wrong with it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from curation.domain.activity import record_activity
from curation.domain.leases import MAXIMUM_ATTEMPTS, LeaseLostError, claim, new_owner, renew
from curation.domain.revisions import plan_carry_over
from curation.domain.script_files import (
    BadFileError,
    ColumnMappingError,
    ScriptReading,
    SourceTable,
    open_table,
    read_script,
    recognise_columns,
    validate_mapping,
)
from curation.enums import ScriptState, Severity
from curation.models import ImportProblem, Script

from .preview import columns_preview, reading_preview
from .stored_files import remove_upload, upload_path

LEASE_SECONDS = 20
STOPPED = (
    "The file could not be read: the work stopped {count} times. It may be too large for this "
    "machine's memory; split it by episodes and upload the parts."
)


@dataclass(frozen=True)
class FileInspection:
    """A file as the dry run sees it; ``reading`` is None while its columns are not known."""

    table: SourceTable
    mapping: dict[str, str]
    reading: ScriptReading | None


def inspect_file(
    path: Path,
    file_name: str,
    *,
    title: str,
    mapping: Mapping[str, str] | None = None,
    repairs_text: bool = False,
    on_rows: Callable[[int], None] | None = None,
) -> FileInspection:
    """Read a file without writing anything.

    Args:
        mapping: field of ours -> column; the rickandmorty schema needs none.
        repairs_text: whether mojibake is repaired; the reading shows it in either case.
        title: of the only episode, where no column tells episodes apart.

    Raises:
        BadFileError: the file cannot become a script.
        ColumnMappingError: the mapping does not fit the file.
    """
    table = open_table(path, file_name)
    known = _known_columns(table, mapping)
    if known is None:
        return FileInspection(table, {}, None)
    reading = read_script(table, known, title=title, repairs_text=repairs_text, on_rows=on_rows)
    if not reading.episodes and not reading.problems.has_errors:
        raise BadFileError("no_rows", "All rows of the file are blank.")
    _note_whole_file(table, known, reading, repairs_text=repairs_text)
    return FileInspection(table, known, reading)


def _known_columns(table: SourceTable, mapping: Mapping[str, str] | None) -> dict[str, str] | None:
    if table.mapping is not None:
        return dict(table.mapping)
    if mapping:
        return validate_mapping(table.columns, mapping)
    return recognise_columns(table.columns)


def _note_whole_file(
    table: SourceTable, mapping: Mapping[str, str], reading: ScriptReading, *, repairs_text: bool
) -> None:
    if table.encoding == "cp1252":
        msg = "The file is not UTF-8; it was read as Windows-1252. Look at the quotation marks."
        reading.problems.warn(None, "windows_1252", msg)
    if count := reading.garbled_total:
        done = "were repaired" if repairs_text else "stay as they are unless you choose the repair"
        msg = f"{count:,} cells look as if once read in the wrong encoding; they {done}."
        reading.problems.warn(reading.garbled[0].row_number, "mojibake", msg)
    for note in table.notes:
        reading.problems.add(None, *note)
    if table.mapping is not None:
        return
    if unused := [name for name in table.columns if name not in mapping.values()]:
        shown = ", ".join(unused[:8]) + (" …" if len(unused) > 8 else "")
        msg = f"Columns left aside: {shown}."
        reading.problems.add(None, Severity.NOTE, "unused_columns", msg)


def check_script(script_id: int) -> None:
    """Run the dry run of an uploaded file; leaves quietly if somebody else does.

    Ends in ``checked``, ``needs_mapping`` or ``failed``; a refused file's bytes are deleted.
    """
    script = Script.objects.filter(pk=script_id).first()
    owner = new_owner()
    if script is None or not claim(
        script,
        owner,
        states=[ScriptState.UPLOADED],
        working_state=ScriptState.CHECKING,
        seconds=LEASE_SECONDS,
    ):
        return
    if script.attempts > MAXIMUM_ATTEMPTS:
        _refuse(script, owner, "stopped", STOPPED.format(count=MAXIMUM_ATTEMPTS))
        return
    renew(script, owner, seconds=LEASE_SECONDS, work_started_at=timezone.now(), rows_done=0)

    def on_rows(count: int) -> None:
        if not renew(script, owner, seconds=LEASE_SECONDS, rows_done=count):
            raise LeaseLostError

    try:
        found = _inspected(script, on_rows)
    except LeaseLostError:
        return
    except BadFileError as error:
        _refuse(script, owner, error.code, str(error))
    except FileNotFoundError:
        _refuse(script, owner, "file_gone", "The stored file is gone. Upload it again.")
    else:
        _conclude(script, owner, found)


def _inspected(script: Script, on_rows: Callable[[int], None]) -> FileInspection:
    """Inspect an upload; a correction with other columns than its script's is asked for them."""

    def look(mapping: Mapping[str, str] | None) -> FileInspection:
        return inspect_file(
            upload_path(script.stored_path),
            script.file_name,
            title=script.title,
            mapping=mapping,
            repairs_text=script.repairs_text,
            on_rows=on_rows,
        )

    try:
        return look(script.column_mapping)
    except ColumnMappingError:
        if script.replaces_id is None:
            raise
        script.column_mapping = {}
        return look(None)


def _conclude(script: Script, owner: str, found: FileInspection) -> None:
    values: dict[str, Any] = {"file_format": found.table.file_format}
    values |= {"encoding": found.table.encoding}
    preview = columns_preview(found.table)
    reading = found.reading
    if script.replaces_id is not None and reading is not None:
        values["carry_over"] = plan_carry_over(script, reading).as_json()
    if reading is None:
        _end(script, owner, state=ScriptState.NEEDS_MAPPING, preview=preview, **values)
        return
    values |= {
        "preview": preview | reading_preview(reading),
        "rows_total": reading.rows_total,
        "rows_done": reading.rows_total,
        "episode_count": len(reading.episodes),
        "character_count": len(reading.speakers),
        "utterance_count": reading.line_count,
        "missing_row_count": reading.missing_count,
    }
    if not reading.problems.has_errors:
        values["column_mapping"] = script.column_mapping or found.mapping
        _end(script, owner, reading=reading, state=ScriptState.CHECKED, **values)
        return
    count = reading.problems.totals[Severity.ERROR]
    rows = "1 row has an error" if count == 1 else f"{count:,} errors were found"
    if script.column_mapping and found.table.mapping is None:
        detail = f"{rows} with these columns. Choose others, or correct the file."
        state = ScriptState.NEEDS_MAPPING
    else:
        detail = f"{rows}. Correct the file and upload it again; nothing was imported."
        state = ScriptState.FAILED
    values |= {"error_code": "bad_rows", "error_detail": detail}
    _end(script, owner, reading=reading, state=state, **values)


def _refuse(script: Script, owner: str, code: str, detail: str) -> None:
    _end(script, owner, state=ScriptState.FAILED, error_code=code, error_detail=detail)


def _end(
    script: Script,
    owner: str,
    *,
    state: ScriptState,
    reading: ScriptReading | None = None,
    **values: Any,
) -> None:
    with transaction.atomic():
        ended = Script.objects.filter(pk=script.pk, state=ScriptState.CHECKING, lease_owner=owner)
        values = {"error_code": "", "error_detail": ""} | values
        now = timezone.now()
        if not ended.update(
            state=state, lease_owner="", lease_until=None, attempts=0, updated_at=now, **values
        ):
            return
        script.problems.all().delete()
        found = reading.problems.in_order() if reading else []
        ImportProblem.objects.bulk_create(
            ImportProblem(
                script=script,
                row_number=problem.row_number,
                severity=problem.severity,
                code=problem.code,
                message=problem.message,
            )
            for problem in found
        )
        verb = "script.refused" if state == ScriptState.FAILED else "script.checked"
        record_activity(verb, project=script.project, actor=None, target=script, state=state.value)
    if state == ScriptState.FAILED:
        remove_upload(script)
