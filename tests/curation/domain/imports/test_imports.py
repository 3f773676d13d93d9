import errno
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.utils import timezone

from curation.domain import imports
from curation.domain.imports import writing
from curation.domain.script_files import BadFileError, ColumnMappingError
from curation.enums import ScriptState
from curation.models import Activity, Character, Episode, ImportProblem, Project, Script, Utterance
from tests.factories import CharacterFactory, ProjectFactory
from tests.sample_scripts import ROWS, csv_bytes, many_rows


def receive(project: Project, user: User, content: bytes, name: str = "moon.csv") -> Script:
    return imports.receive_script(
        project, user=user, file_name=name, content=[content], in_background=False
    )


def bring_in(project: Project, user: User, content: bytes) -> Script:
    script = receive(project, user, content)
    imports.check_script(script.pk)
    script.refresh_from_db()
    imports.confirm_import(script, user=user, in_background=False)
    imports.import_script(script.pk)
    script.refresh_from_db()
    return script


def stored(uploads: Path) -> list[Path]:
    return [path for path in uploads.rglob("*") if path.is_file()]


def rows_of(script: Script) -> list[tuple[object, ...]]:
    rows = Utterance.objects.filter(episode__script=script).order_by("row_number")
    return list(
        rows.values_list(
            "episode__episode_number",
            "position",
            "row_number",
            "source_index",
            "missing_before",
            "character__name",
            "kind",
            "text",
        )
    )


def test_receive_script_stores_under_a_name_of_ours(
    project: Project, manager: User, uploads: Path
) -> None:
    script = receive(project, manager, csv_bytes(), name="../../etc/Moon script.csv")
    assert (script.state, script.title, script.file_name) == (
        ScriptState.UPLOADED,
        "Moon script",
        "Moon script.csv",
    )
    (path,) = stored(uploads)
    assert path.read_bytes() == csv_bytes()
    assert "Moon" not in path.name
    assert Activity.objects.get().verb == "script.uploaded"


def test_receive_script_sends_the_check_on_commit(
    project: Project, manager: User, django_capture_on_commit_callbacks, settings
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        imports.receive_script(project, user=manager, file_name="a.csv", content=[csv_bytes()])
    assert len(callbacks) == 1


def test_receive_script_refuses_the_same_file_with_the_script_it_became(
    project: Project, manager: User, uploads: Path
) -> None:
    first = receive(project, manager, csv_bytes())
    with pytest.raises(imports.DuplicateScriptError, match="in the project already") as caught:
        receive(project, manager, csv_bytes(), name="other.csv")
    assert caught.value.existing == first
    assert len(stored(uploads)) == 1
    receive(ProjectFactory(), manager, csv_bytes())


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04" + bytes(50)])
def test_receive_script_leaves_nothing_of_a_refused_file(
    project: Project, manager: User, uploads: Path, content: bytes
) -> None:
    with pytest.raises(BadFileError):
        receive(project, manager, content)
    assert (stored(uploads), Script.objects.count(), Activity.objects.count()) == ([], 0, 0)


def test_receive_script_stops_reading_at_the_limit(
    project: Project, manager: User, uploads: Path
) -> None:
    taken = []

    def endless() -> Iterator[bytes]:
        while True:
            taken.append(1)
            yield bytes(2**20)

    with pytest.raises(imports.FileTooLargeError, match="over 20 MB"):
        imports.receive_script(project, user=manager, file_name="a.csv", content=endless())
    assert len(taken) == 21
    assert (stored(uploads), Script.objects.count()) == ([], 0)


def test_receive_script_tells_that_the_disk_is_full(
    project: Project, manager: User, uploads: Path
) -> None:
    def full() -> Iterator[bytes]:
        yield b"index,"
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(imports.StorageFullError, match="no room left"):
        imports.receive_script(project, user=manager, file_name="a.csv", content=full())
    assert (stored(uploads), Script.objects.count()) == ([], 0)


def test_check_script_shows_what_will_be_created(project: Project, manager: User) -> None:
    script = receive(project, manager, csv_bytes())
    imports.check_script(script.pk)
    script.refresh_from_db()
    assert script.state == ScriptState.CHECKED
    assert (script.rows_total, script.episode_count, script.character_count) == (5, 2, 3)
    assert (script.utterance_count, script.missing_row_count) == (5, 2)
    assert script.preview["characters"][0] == {"name": "VEX", "lines": 3}
    assert script.preview["episodes"][0] == {
        "code": "S1E1",
        "title": "The Moon",
        "lines": 4,
        "missing": 2,
        "scenes": 0,
    }
    assert (Episode.objects.count(), Character.objects.count()) == (0, 0)


def test_check_script_refuses_bad_rows_with_their_numbers(
    project: Project, manager: User, uploads: Path
) -> None:
    script = receive(project, manager, csv_bytes([*ROWS, "9,1,1,The Moon,PIP,", "x,1,1,T,PIP,y"]))
    imports.check_script(script.pk)
    script.refresh_from_db()
    assert (script.state, script.error_code) == (ScriptState.FAILED, "bad_rows")
    assert "2 errors were found" in script.error_detail
    errors = ImportProblem.objects.filter(severity="error")
    assert list(errors.values_list("row_number", "code")) == [(7, "missing_line"), (8, "bad_index")]
    assert stored(uploads) == []
    assert (Episode.objects.count(), Character.objects.count()) == (0, 0)
    receive(project, manager, csv_bytes())


def test_check_script_tells_that_a_file_was_read_as_windows_1252(
    project: Project, manager: User
) -> None:
    content = csv_bytes(["0,1,1,M,PIP,It’s"]).decode().encode("cp1252")
    script = receive(project, manager, content)
    imports.check_script(script.pk)
    script.refresh_from_db()
    assert (script.state, script.encoding) == (ScriptState.CHECKED, "cp1252")
    assert script.problems.get().code == "windows_1252"


def test_check_script_twice_is_as_once(project: Project, manager: User) -> None:
    script = receive(project, manager, csv_bytes())
    imports.check_script(script.pk)
    imports.check_script(script.pk)
    imports.check_script(script.pk + 1)
    assert Activity.objects.filter(verb="script.checked").count() == 1


def test_check_script_gives_up_after_three_kills(
    project: Project, manager: User, uploads: Path
) -> None:
    script = receive(project, manager, csv_bytes())
    past = timezone.now() - timedelta(seconds=1)
    Script.objects.update(state=ScriptState.CHECKING, attempts=3, lease_until=past)
    imports.check_script(script.pk)
    script.refresh_from_db()
    assert (script.state, script.error_code) == (ScriptState.FAILED, "stopped")
    assert stored(uploads) == []


def test_set_column_mapping_has_the_file_checked_with_it(project: Project, manager: User) -> None:
    content = csv_bytes(["VEX,Hello."], header="Who,What")
    script = receive(project, manager, content)
    imports.check_script(script.pk)
    script.refresh_from_db()
    assert script.state == ScriptState.NEEDS_MAPPING
    assert script.preview["columns"] == ["Who", "What"]
    assert script.preview["sample"] == [{"row_number": 2, "cells": ["VEX", "Hello."]}]
    with pytest.raises(ColumnMappingError):
        imports.set_column_mapping(script, user=manager, mapping={"speaker": "Who"})
    mapping = {"speaker": "Who", "text": "What"}
    imports.set_column_mapping(script, user=manager, mapping=mapping)
    imports.check_script(script.pk)
    script.refresh_from_db()
    assert (script.state, script.column_mapping) == (ScriptState.CHECKED, mapping)


def test_set_column_mapping_can_be_tried_again_after_errors(
    project: Project, manager: User
) -> None:
    content = csv_bytes(["VEX,Hello.,one"], header="Who,What,Part")
    script = receive(project, manager, content)
    imports.check_script(script.pk)
    script.refresh_from_db()
    imports.set_column_mapping(
        script, user=manager, mapping={"speaker": "Who", "text": "What", "episode": "Part"}
    )
    imports.check_script(script.pk)
    script.refresh_from_db()
    assert script.state == ScriptState.NEEDS_MAPPING
    assert script.problems.get(severity="error").code == "bad_episode"


def test_import_script_writes_what_was_checked(project: Project, manager: User) -> None:
    script = bring_in(project, manager, csv_bytes())
    assert (script.state, script.rows_done) == (ScriptState.IMPORTED, 5)
    assert rows_of(script) == [
        (1, 0, 2, 0, 0, "PIP", "speech", "Who moved the moon?"),
        (1, 1, 3, 1, 0, "VEX", "speech", "You said to put it somewhere safe."),
        (1, 2, 4, 4, 2, "VEX", "speech", '[sighs] It’s in the fridge, "behind" the milk.'),
        (1, 3, 5, 5, 0, "MARLOW", "direction", "(a long silence)"),
        (2, 0, 6, 6, 0, "VEX", "speech", "The fridge is not safe."),
    ]
    characters = Character.objects.values_list(
        "name", "normalised_name", "utterance_count", "colour"
    )
    assert list(characters) == [
        ("VEX", "vex", 3, 0),
        ("MARLOW", "marlow", 1, 1),
        ("PIP", "pip", 1, 2),
    ]
    assert list(Episode.objects.values_list("episode_number", "utterance_count")) == [
        (1, 4),
        (2, 1),
    ]
    assert Activity.objects.first().verb == "script.imported"


def test_import_script_adds_to_the_characters_that_are_there(
    project: Project, manager: User
) -> None:
    CharacterFactory(project=project, name="Vex", utterance_count=7, colour=5)
    bring_in(project, manager, csv_bytes())
    characters = Character.objects.values_list("name", "utterance_count", "colour")
    assert list(characters) == [("Vex", 10, 5), ("MARLOW", 1, 0), ("PIP", 1, 1)]


def test_import_script_twice_is_as_once(project: Project, manager: User) -> None:
    script = bring_in(project, manager, csv_bytes())
    imports.import_script(script.pk)
    assert Utterance.objects.count() == 5
    assert Activity.objects.filter(verb="script.imported").count() == 1


def test_import_script_removes_what_a_killed_run_left(
    project: Project, manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = rows_of(bring_in(project, manager, many_rows(1_000)))
    other = ProjectFactory()
    script = receive(other, manager, many_rows(1_000))
    imports.check_script(script.pk)
    script.refresh_from_db()
    imports.confirm_import(script, user=manager, in_background=False)
    monkeypatch.setattr(writing, "CHUNK_ROWS", 100)
    insert, calls = writing.insert_rows, []

    def insert_or_break(*arguments: object) -> None:
        calls.append(1)
        if len(calls) == 4:
            msg = "disk I/O error"
            raise OperationalError(msg)
        insert(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(writing, "insert_rows", insert_or_break)
    with pytest.raises(OperationalError):
        imports.import_script(script.pk)
    script.refresh_from_db()
    assert (script.state, script.rows_done) == (ScriptState.IMPORTING, 300)
    assert Character.objects.filter(project=other, utterance_count__gt=0).count() == 0
    assert imports.resume_waiting_scripts() == 1
    imports.import_script(script.pk)
    script.refresh_from_db()
    assert script.state == ScriptState.IMPORTED
    assert rows_of(script) == whole


def test_import_script_stops_at_once_when_the_lease_is_lost(
    project: Project, manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = receive(project, manager, many_rows(1_000))
    imports.check_script(script.pk)
    script.refresh_from_db()
    imports.confirm_import(script, user=manager, in_background=False)
    monkeypatch.setattr(writing, "CHUNK_ROWS", 100)
    insert = writing.insert_rows

    def insert_and_lose(*arguments: object) -> None:
        insert(*arguments)  # type: ignore[arg-type]
        Script.objects.update(lease_owner="another")

    monkeypatch.setattr(writing, "insert_rows", insert_and_lose)
    imports.import_script(script.pk)
    script.refresh_from_db()
    assert (script.state, script.lease_owner) == (ScriptState.IMPORTING, "another")
    assert Utterance.objects.count() == 100


def test_import_script_gives_up_after_three_kills_and_leaves_nothing(
    project: Project, manager: User, uploads: Path
) -> None:
    script = receive(project, manager, csv_bytes())
    imports.check_script(script.pk)
    script.refresh_from_db()
    imports.confirm_import(script, user=manager, in_background=False)
    Script.objects.update(attempts=3)
    CharacterFactory(project=project, name="LEFT")
    imports.import_script(script.pk)
    script.refresh_from_db()
    assert (script.state, script.error_code) == (ScriptState.FAILED, "stopped")
    assert (Episode.objects.count(), Character.objects.count(), stored(uploads)) == (0, 0, [])


def test_import_script_refuses_a_file_that_is_gone(
    project: Project, manager: User, uploads: Path
) -> None:
    script = receive(project, manager, csv_bytes())
    imports.check_script(script.pk)
    script.refresh_from_db()
    imports.confirm_import(script, user=manager, in_background=False)
    stored(uploads)[0].unlink()
    imports.import_script(script.pk)
    script.refresh_from_db()
    assert (script.state, script.error_code) == (ScriptState.FAILED, "file_gone")


def test_confirm_import_needs_a_checked_script(project: Project, manager: User) -> None:
    script = receive(project, manager, csv_bytes())
    with pytest.raises(imports.ImportStateError, match="it is uploaded"):
        imports.confirm_import(script, user=manager)
    script = bring_in(project, manager, csv_bytes(ROWS[:2]))
    with pytest.raises(imports.ImportStateError, match="it is imported"):
        imports.confirm_import(script, user=manager)


@pytest.mark.parametrize("step", ["received", "checked", "half written"])
def test_discard_script_leaves_nothing_behind(
    project: Project, manager: User, uploads: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    kept = bring_in(project, manager, csv_bytes(ROWS[:2]))
    before = (Character.objects.count(), Utterance.objects.count(), len(stored(uploads)))
    script = receive(project, manager, many_rows(1_000))
    if step != "received":
        imports.check_script(script.pk)
        script.refresh_from_db()
    if step == "half written":
        imports.confirm_import(script, user=manager, in_background=False)
        monkeypatch.setattr(writing, "CHUNK_ROWS", 100)
        insert, calls = writing.insert_rows, []

        def insert_then_discard(*arguments: object) -> None:
            insert(*arguments)  # type: ignore[arg-type]
            calls.append(1)
            if len(calls) == 3:
                imports.discard_script(script, user=manager, in_background=False)

        monkeypatch.setattr(writing, "insert_rows", insert_then_discard)
        imports.import_script(script.pk)
        assert len(calls) == 3
    else:
        imports.discard_script(script, user=manager, in_background=False)
    imports.clear_script(script.pk)
    imports.clear_script(script.pk)
    assert list(Script.objects.all()) == [kept]
    after = (Character.objects.count(), Utterance.objects.count(), len(stored(uploads)))
    assert after == before


def test_discard_script_refuses_an_imported_one(project: Project, manager: User) -> None:
    script = bring_in(project, manager, csv_bytes())
    with pytest.raises(imports.ImportStateError, match="cannot be discarded"):
        imports.discard_script(script, user=manager)


def test_resume_waiting_scripts_leaves_fresh_and_held_ones(project: Project, manager: User) -> None:
    script = receive(project, manager, csv_bytes())
    assert imports.resume_waiting_scripts() == 0
    old = timezone.now() - timedelta(seconds=31)
    Script.objects.filter(pk=script.pk).update(updated_at=old)
    assert imports.resume_waiting_scripts() == 1
    later = timezone.now() + timedelta(seconds=9)
    Script.objects.update(state=ScriptState.IMPORTING, lease_until=later)
    assert imports.resume_waiting_scripts() == 0
