from datetime import timedelta

import pytest
from django.utils import timezone

from curation.enums import ScriptState
from curation.queries.scripts import import_progress, project_characters
from tests.factories import CharacterFactory, ProjectFactory, ScriptFactory

pytestmark = pytest.mark.django_db


def test_import_progress_tells_the_rest_at_the_pace_so_far() -> None:
    now = timezone.now()
    script = ScriptFactory(
        state=ScriptState.IMPORTING,
        rows_total=1_000,
        rows_done=250,
        work_started_at=now - timedelta(seconds=2),
    )
    progress = import_progress(script, now=now)
    assert (progress.rows_done, progress.rows_total, progress.seconds_left) == (250, 1_000, 6.0)


@pytest.mark.parametrize(("state", "done"), [("importing", 0), ("checking", 9), ("imported", 9)])
def test_import_progress_does_not_guess(state: str, done: int) -> None:
    now = timezone.now()
    script = ScriptFactory(state=state, rows_total=10, rows_done=done, work_started_at=now)
    assert import_progress(script, now=now).seconds_left is None


def test_project_characters_leaves_out_those_of_unfinished_imports() -> None:
    project = ProjectFactory()
    few = CharacterFactory(project=project, utterance_count=2)
    many = CharacterFactory(project=project, utterance_count=9)
    CharacterFactory(project=project, utterance_count=0)
    CharacterFactory(utterance_count=5)
    assert list(project_characters(project)) == [many, few]
