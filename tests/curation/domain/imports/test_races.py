"""The same file at the same moment: one script of it, and one import."""

from pathlib import Path
from threading import Barrier, Thread

import pytest
from django.db import connections

from curation.domain import imports
from curation.enums import ScriptState
from curation.errors import CurationError
from curation.models import Activity, Character, Project, Script, Utterance
from tests.factories import ProjectFactory
from tests.sample_scripts import many_rows

THREADS = 8
ROWS = 5_000

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(work) -> list[str]:
    """Run work in threads that start together; return what each ended with."""
    start, ends = Barrier(THREADS), []

    def run() -> None:
        try:
            start.wait(timeout=20)
            work()
            ends.append("done")
        except CurationError as error:
            ends.append(type(error).__name__)
        finally:
            connections.close_all()

    threads = [Thread(target=run) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return ends


def receive(project: Project, client_key: str = "") -> Script:
    return imports.receive_script(
        project,
        user=project.created_by,
        file_name="long.csv",
        content=[many_rows(ROWS)],
        client_key=client_key,
        in_background=False,
    )


def test_one_file_uploaded_many_times_at_once_is_one_script(uploads: Path) -> None:
    project = ProjectFactory()
    ends = at_once(lambda: receive(project))
    assert sorted(ends) == ["DuplicateScriptError"] * (THREADS - 1) + ["done"]
    assert Script.objects.count() == 1
    assert len([path for path in uploads.rglob("*") if path.is_file()]) == 1


def test_one_upload_repeated_at_once_is_one_script_and_no_refusal(uploads: Path) -> None:
    project = ProjectFactory()
    assert at_once(lambda: receive(project, client_key="one click")) == ["done"] * THREADS
    assert Script.objects.count() == 1
    assert len([path for path in uploads.rglob("*") if path.is_file()]) == 1


def test_one_script_confirmed_and_imported_many_times_at_once_is_written_once() -> None:
    project = ProjectFactory()
    script = receive(project)
    imports.check_script(script.pk)
    script.refresh_from_db()
    copies = [Script.objects.get(pk=script.pk) for _ in range(THREADS)]

    def confirm() -> None:
        imports.confirm_import(copies.pop(), user=project.created_by, in_background=False)

    assert sorted(at_once(confirm)) == ["ImportStateError"] * (THREADS - 1) + ["done"]
    assert at_once(lambda: imports.import_script(script.pk)) == ["done"] * THREADS
    script.refresh_from_db()
    assert script.state == ScriptState.IMPORTED
    assert Utterance.objects.count() == ROWS
    assert sum(Character.objects.values_list("utterance_count", flat=True)) == ROWS
    assert Activity.objects.filter(verb="script.imported").count() == 1


def test_two_scripts_imported_into_one_project_at_once_share_their_characters() -> None:
    project = ProjectFactory()
    scripts = []
    for count in range(THREADS):
        script = imports.receive_script(
            project,
            user=project.created_by,
            file_name="part.csv",
            content=[many_rows(500 + count)],
            in_background=False,
        )
        imports.check_script(script.pk)
        imports.confirm_import(
            Script.objects.get(pk=script.pk), user=project.created_by, in_background=False
        )
        scripts.append(script.pk)
    total = sum(500 + count for count in range(THREADS))
    assert at_once(lambda: imports.import_script(scripts.pop())) == ["done"] * THREADS
    assert Utterance.objects.count() == total
    assert sum(Character.objects.values_list("utterance_count", flat=True)) == total
