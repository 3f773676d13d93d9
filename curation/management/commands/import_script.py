"""Import a script file from the command line; no worker is needed."""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypedDict, Unpack

from django.contrib.auth.models import User
from django.core.management.base import CommandError

from curation.access import MANAGING
from curation.access.command_line import UnknownNameError, actor_for, person_named
from curation.domain import imports
from curation.domain.characters import mark_target
from curation.domain.projects import create_project
from curation.domain.script_files import (
    READ_FORMATS,
    BadFileError,
    RowProblem,
    ScriptReading,
    normalise_name,
)
from curation.enums import ScriptState, Severity
from curation.models import Character, Project, Script
from rickproject.config import get_config
from rickproject.lib.commands import VerbCommand
from rickproject.lib.numbers import counted

PIECE_BYTES = 1024 * 1024
SHOWN_PROBLEMS = 20


class Command(VerbCommand):
    """Check a script file and import it into a project."""

    help = (
        f"Check a script file ({READ_FORMATS}) and import it. All of it is "
        "written, or nothing. Exit code 1 and a sentence if it is refused."
    )

    def add_verb_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--project", required=True, help="short name of the project")
        parser.add_argument("--dry-run", action="store_true", help="check only, write nothing")
        parser.add_argument("--title", default="", help="of the script; else the file's name")
        parser.add_argument(
            "--repair-mojibake",
            action="store_true",
            help="repair text once read in the wrong encoding (shown by --dry-run)",
        )
        parser.add_argument(
            "--replaces", type=int, help="number of the imported script that this file corrects"
        )
        parser.add_argument("--as", dest="username", help="who imports; else the project's creator")
        parser.add_argument(
            "--target", action="append", default=[], help="a character to learn; may be repeated"
        )
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="FIELD=COLUMN",
            help="which column holds what: speaker, text, season, episode, episode_title, index, "
            "scene",
        )

    def run(self, **options: Any) -> dict[str, Any]:
        path: Path = options["file"]
        if not path.is_file():
            msg = f"There is no file {path}."
            raise CommandError(msg, returncode=2)
        columns = [pair.partition("=") for pair in options["column"]]
        if wrong := next((field for field, sign, _ in columns if not sign), None):
            msg = f"--column {wrong}: write FIELD=COLUMN, such as speaker=Name."
            raise CommandError(msg, returncode=2)
        mapping = {field: column for field, _, column in columns}
        title = options["title"] or imports.title_of(path.name)
        choices = _Choices(title=title, mapping=mapping, repairs_text=options["repair_mojibake"])
        if options["dry_run"]:
            return _dry_run(path, targets=options["target"], **choices)
        project, actor, created = _project_and_actor(options["project"], options["username"])
        reading = _inspected(path, targets=options["target"], **choices)
        project = project or create_project(options["project"], user=actor)
        replaces = _replaced(project, options["replaces"])
        script = _imported(project, actor, path, replaces=replaces, **choices)
        _mark_targets(project, actor, options["target"])
        answer = _facts(reading)
        made = f" Created the project {project.slug}, owned by {actor.username}." if created else ""
        answer |= {
            "script": script.pk,
            "project": project.slug,
            "project_created": created,
            "carry_over": script.carry_over,
            "summary": f"Imported “{script.title}” into {project.slug}: {_counts(answer)}.{made}",
        }
        return answer


class _Choices(TypedDict):
    title: str
    mapping: dict[str, str]
    repairs_text: bool


def _project_and_actor(slug: str, username: str | None) -> tuple[Project | None, User, bool]:
    project = Project.objects.filter(slug=slug).first()
    if project is not None:
        return project, actor_for(project, username, MANAGING), False
    if username:
        return None, person_named(username), True
    owners = list(User.objects.filter(is_superuser=True, is_active=True)[:2])
    if len(owners) != 1:
        msg = f"There is no project {slug!r}. To create it, say who owns it: --as USER."
        raise UnknownNameError(msg)
    return None, owners[0], True


def _dry_run(path: Path, *, targets: list[str], **choices: Unpack[_Choices]) -> dict[str, Any]:
    answer = _facts(_inspected(path, targets=targets, **choices))
    return answer | {"summary": f"Would import {_counts(answer)}. Nothing was written."}


def _inspected(path: Path, *, targets: list[str], **choices: Unpack[_Choices]) -> ScriptReading:
    """Run the dry run; a file that cannot be imported is refused here, before anything is written.

    Raises:
        FileTooLargeError, BadFileError, ColumnMappingError: what is wrong with it.
    """
    limit = get_config().upload_limit_mb
    if path.stat().st_size > limit * PIECE_BYTES:
        msg = f"The file is over {limit} MB, the limit here (RICK_UPLOAD_LIMIT_MB)."
        raise imports.FileTooLargeError(msg)
    found = imports.inspect_file(path, path.name, **choices)
    reading = found.reading
    if reading is None:
        msg = (
            "The columns are not known. Say which holds what: --column speaker=… --column text=… "
            f"The file has: {', '.join(found.table.columns)}."
        )
        raise BadFileError("needs_mapping", msg)
    if reading.problems.has_errors:
        errors = [row for row in reading.problems.in_order() if row.severity == Severity.ERROR]
        count = reading.problems.totals[Severity.ERROR]
        shown = "\n".join(f"  {_told(row)}" for row in errors[:SHOWN_PROBLEMS])
        more = f"\n  … and {count - SHOWN_PROBLEMS:,} more" if count > SHOWN_PROBLEMS else ""
        what = "1 row is" if count == 1 else f"{count:,} rows are"
        msg = f"{what} wrong, nothing was written:\n{shown}{more}"
        raise BadFileError("bad_rows", msg)
    if unknown := [name for name in targets if normalise_name(name) not in reading.speakers]:
        known = ", ".join(
            reading.speakers[key] for key, _ in reading.lines_by_speaker.most_common(12)
        )
        msg = f"Nobody in the file is called {unknown[0]!r}. Most lines: {known}."
        raise BadFileError("unknown_target", msg)
    return reading


def _imported(
    project: Project,
    actor: User,
    path: Path,
    *,
    replaces: Script | None,
    **choices: Unpack[_Choices],
) -> Script:
    script = imports.receive_script(
        project,
        user=actor,
        file_name=path.name,
        content=_pieces(path),
        replaces=replaces,
        in_background=False,
        **choices,
    )
    imports.check_script(script.pk)
    script.refresh_from_db()
    if script.state == ScriptState.CHECKED:
        imports.confirm_import(script, user=actor, in_background=False)
        imports.import_script(script.pk)
        script.refresh_from_db()
    if script.state != ScriptState.IMPORTED:
        raise BadFileError(
            script.error_code or "not_imported",
            script.error_detail or f"The script is {script.get_state_display()}.",
        )
    return script


def _replaced(project: Project, number: int | None) -> Script | None:
    if number is None:
        return None
    found = Script.objects.filter(project=project, pk=number).first()
    if found is None:
        msg = f"The project {project.slug} has no script {number}."
        raise UnknownNameError(msg)
    return found


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as handle:
        while piece := handle.read(PIECE_BYTES):
            yield piece


def _mark_targets(project: Project, actor: User, targets: list[str]) -> None:
    for name in targets:
        character = Character.objects.get(project=project, normalised_name=normalise_name(name))
        mark_target(character.alias_of or character, user=actor, is_target=True)


def _facts(reading: ScriptReading) -> dict[str, Any]:
    problems = reading.problems
    return {
        "rows": reading.rows_total,
        "episodes": len(reading.episodes),
        "characters": len(reading.speakers),
        "utterances": reading.line_count,
        "missing_rows": reading.missing_count,
        "warnings": problems.totals[Severity.WARNING],
        "problems": [
            {
                "row": row.row_number,
                "severity": row.severity.value,
                "code": row.code,
                "message": row.message,
            }
            for row in problems.in_order()
        ],
        "lines": [_told(row) for row in problems.in_order()[:SHOWN_PROBLEMS]],
    }


def _told(problem: RowProblem) -> str:
    where = f"row {problem.row_number:,}: " if problem.row_number else ""
    return f"{problem.severity.value}: {where}{problem.message}"


def _counts(facts: dict[str, Any]) -> str:
    nouns = {"episodes": "episode", "characters": "character", "utterances": "utterance"}
    parts = [counted(facts[key], noun) for key, noun in nouns.items()]
    return ", ".join([*parts, f"{counted(facts['missing_rows'], 'row')} missing in the source"])
