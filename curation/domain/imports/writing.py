"""The import itself: chunk by chunk, invisible until the last one, repeated whole after a kill."""

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import User
from django.db import DatabaseError, transaction
from django.utils import timezone

from curation.domain.activity import record_activity
from curation.domain.bulk import insert_rows, update_rows
from curation.domain.joint_speakers import link_joint_speakers
from curation.domain.leases import MAXIMUM_ATTEMPTS, LeaseLostError, claim, new_owner, renew
from curation.domain.revisions import carry_over, plan_carry_over, retire_script
from curation.domain.script_files import BadFileError, ScriptReading
from curation.enums import ScriptState, UtteranceKind
from curation.models import Character, Episode, Script, Utterance
from rickproject.lib.queue import enqueue_on_commit

from .checking import inspect_file
from .errors import ImportStateError
from .removing import clear_rows, remove_unused_characters
from .source_scenes import suggest_source_scenes
from .stored_files import remove_upload, upload_path

PAUSE_SECONDS = 0.005  # SQLite is not fair: without a gap the others would wait for half a second
CHUNK_ROWS = 2_000  # a transaction of some 20 ms: other savers hardly notice
LEASE_SECONDS = 20
PALETTE_COLOURS = 12
STOPPED = (
    "The import stopped {count} times and was given up; nothing of it is left. Ask the operator "
    "for the worker's log, then upload the file again."
)
FIELDS = (
    "episode",
    "position",
    "row_number",
    "source_index",
    "missing_before",
    "character",
    "kind",
    "text",
)
UtteranceRow = tuple[Any, ...]


@transaction.atomic
def confirm_import(script: Script, *, user: User, in_background: bool = True) -> Script:
    """Have a checked script written.

    Args:
        in_background: False where the caller runs ``import_script`` itself.

    Raises:
        ImportStateError: it is not waiting for this; nothing changes.
    """
    now = timezone.now()
    waiting = Script.objects.filter(pk=script.pk, state=ScriptState.CHECKED)
    changed = waiting.update(
        state=ScriptState.IMPORTING, attempts=0, rows_done=0, lease_until=now, updated_at=now
    )
    script.refresh_from_db()
    if not changed:
        msg = f"This script cannot be imported now: it is {script.get_state_display()}."
        raise ImportStateError(msg)
    record_activity("script.confirmed", project=script.project, actor=user, target=script)
    if in_background:
        enqueue_on_commit("curation.import_script", script_id=script.pk)
    return script


def import_script(script_id: int) -> None:
    """Write a confirmed script; leaves quietly if somebody else does.

    Whatever an earlier, killed run left is removed first, so that a repeated import gives the
    same rows. Ends in ``imported`` or ``failed``; on a fault of the disk or database the lease is
    given back and the fault raised, and the sweep tries again, three times in all.
    """
    script = Script.objects.select_related("project").filter(pk=script_id).first()
    owner = new_owner()
    if script is None or not claim(
        script, owner, states=[], working_state=ScriptState.IMPORTING, seconds=LEASE_SECONDS
    ):
        return
    try:
        clear_rows(script, still_ours=lambda: renew(script, owner, seconds=LEASE_SECONDS))
        if script.attempts > MAXIMUM_ATTEMPTS:
            _fail(script, owner, "stopped", STOPPED.format(count=MAXIMUM_ATTEMPTS))
        else:
            _write_or_refuse(script, owner)
    except LeaseLostError:
        return
    except (OSError, DatabaseError):
        Script.objects.filter(pk=script.pk, lease_owner=owner).update(lease_until=timezone.now())
        raise


def _write_or_refuse(script: Script, owner: str) -> None:
    try:
        _write(script, owner)
    except BadFileError as error:
        _fail(script, owner, error.code, str(error))
    except FileNotFoundError:
        _fail(script, owner, "file_gone", "The stored file is gone. Upload it again.")


def _write(script: Script, owner: str) -> None:
    _keep(script, owner, work_started_at=timezone.now(), rows_done=0)
    found = inspect_file(
        upload_path(script.stored_path),
        script.file_name,
        title=script.title,
        mapping=script.column_mapping,
        repairs_text=script.repairs_text,
        on_rows=lambda _count: _keep(script, owner),
    )
    reading = found.reading
    if reading is None or reading.problems.has_errors:
        msg = "The stored file is not what was checked. Upload it again."
        raise BadFileError("file_changed", msg)
    with transaction.atomic():
        _keep(script, owner)
        characters = _add_characters(script, reading)
        episodes = _add_episodes(script, reading)
    written = 0
    for chunk in _chunks(reading, episodes, characters):
        with transaction.atomic():
            written += len(chunk)
            _keep(script, owner, rows_done=written)
            insert_rows(Utterance, FIELDS, chunk)
        time.sleep(PAUSE_SECONDS)
    _finish(script, owner, reading, characters, episodes)


def _keep(script: Script, owner: str, **values: Any) -> None:
    """Renew the lease; first in each transaction, so that a lost one writes nothing."""
    if not renew(script, owner, seconds=LEASE_SECONDS, **values):
        raise LeaseLostError


def _add_characters(script: Script, reading: ScriptReading) -> dict[str, int]:
    Character.objects.bulk_create(
        (
            Character(project=script.project, name=name, normalised_name=key)
            for key, name in reading.speakers.items()
        ),
        ignore_conflicts=True,
    )
    rows = Character.objects.filter(project=script.project).order_by()
    return dict(rows.values_list("normalised_name", "pk"))


def _add_episodes(script: Script, reading: ScriptReading) -> list[int]:
    made = Episode.objects.bulk_create(
        Episode(
            script=script,
            season_number=episode.season,
            episode_number=episode.number,
            title=episode.title,
            utterance_count=len(episode.lines),
        )
        for episode in reading.episodes
    )
    return [episode.pk for episode in made]


def _chunks(
    reading: ScriptReading, episodes: list[int], characters: dict[str, int]
) -> Iterator[list[UtteranceRow]]:
    speech, direction = UtteranceKind.SPEECH.value, UtteranceKind.DIRECTION.value
    chunk: list[UtteranceRow] = []
    for episode_id, episode in zip(episodes, reading.episodes, strict=True):
        for position, line in enumerate(episode.lines):
            index, row_number, speaker, is_direction, text, missing, _ = line
            chunk.append(
                (
                    episode_id,
                    position,
                    row_number,
                    index,
                    missing,
                    characters.get(speaker),
                    direction if is_direction else speech,
                    text,
                )
            )
            if len(chunk) == CHUNK_ROWS:
                yield chunk
                chunk = []
    if chunk:
        yield chunk


def _finish(
    script: Script,
    owner: str,
    reading: ScriptReading,
    characters: dict[str, int],
    episodes: list[int],
) -> None:
    now = timezone.now()
    with transaction.atomic():
        ended = Script.objects.filter(
            pk=script.pk, lease_owner=owner, state=ScriptState.IMPORTING
        ).update(
            state=ScriptState.IMPORTED,
            rows_done=reading.line_count,
            rows_total=reading.rows_total,
            episode_count=len(reading.episodes),
            character_count=len(reading.speakers),
            utterance_count=reading.line_count,
            missing_row_count=reading.missing_count,
            lease_owner="",
            lease_until=None,
            imported_at=now,
            updated_at=now,
        )
        if not ended:
            raise LeaseLostError
        _count_lines(script, reading, characters)
        link_joint_speakers(script.project, reading.speakers)
        if script.replaces_id is not None:
            episodes = _take_over(script, reading, episodes)
        suggest_source_scenes(script, reading, episodes)
        record_activity(
            "script.imported",
            project=script.project,
            actor=script.created_by,
            target=script,
            episodes=len(reading.episodes),
            utterances=reading.line_count,
        )


def _take_over(script: Script, reading: ScriptReading, episodes: list[int]) -> list[int]:
    if not retire_script(script):
        msg = "The script that this file corrects was replaced by another file meanwhile. Upload "
        raise BadFileError("replaced_meanwhile", f"{msg}it again as a correction of that one.")
    plan = plan_carry_over(script, reading)
    Script.objects.filter(pk=script.pk).update(carry_over=plan.as_json())
    return carry_over(script, plan, episodes)


def _count_lines(script: Script, reading: ScriptReading, characters: dict[str, int]) -> None:
    """Add the new lines to each character; a new character gets the colour least in use."""
    known = Character.objects.filter(project=script.project).order_by()
    colours = dict(known.exclude(utterance_count=0).values_list("pk", "colour"))
    used = Counter(colours.values())
    rows = []
    for key, count in sorted(
        reading.lines_by_speaker.items(), key=lambda pair: (-pair[1], pair[0])
    ):
        pk = characters[key]
        if pk not in colours:
            colours[pk] = min(range(PALETTE_COLOURS), key=lambda colour: (used[colour], colour))
            used[colours[pk]] += 1
        rows.append((count, colours[pk], pk))
    update_rows(Character, "utterance_count = utterance_count + %s, colour = %s", rows)


def _fail(script: Script, owner: str, code: str, detail: str) -> None:
    clear_rows(script, still_ours=lambda: renew(script, owner, seconds=LEASE_SECONDS))
    with transaction.atomic():
        ended = Script.objects.filter(
            pk=script.pk, lease_owner=owner, state=ScriptState.IMPORTING
        ).update(
            state=ScriptState.FAILED,
            error_code=code,
            error_detail=detail,
            lease_owner="",
            lease_until=None,
            updated_at=timezone.now(),
        )
        if not ended:
            return
        remove_unused_characters(script)
        record_activity(
            "script.refused", project=script.project, actor=None, target=script, code=code
        )
    remove_upload(script)
