"""What a save costs: so many statements and no more, however much there is already."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from curation.enums import SegmentationMode
from tests.curation.views.test_reader import Desk

pytestmark = pytest.mark.django_db

SAVEPOINTS = ("SAVEPOINT", "RELEASE SAVEPOINT")  # of the test's own transaction


def statements(desk: Desk, path: str, **body: Any) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        answer = desk.client.post(
            desk.url + path,
            body,
            content_type="application/json",
            headers={"accept": "application/json"},
        )
    assert answer.status_code == HTTPStatus.OK, answer.content
    found = [query["sql"] for query in captured]
    return [sql for sql in found if not sql.startswith(SAVEPOINTS)]


def test_a_boundary_costs_the_same_statements_with_more_of_everything() -> None:
    desk = Desk()
    desk.send(on=[8], revision=0)
    first = statements(desk, "edits/", on=[3], revision=1)
    for revision, position in enumerate((6, 9, 12), start=2):
        desk.send(on=[position], revision=revision)
    later = statements(desk, "edits/", on=[4], revision=5)
    assert len(later) == len(first)
    # Session, account, episode, layer, revision, line, dialogues, boundary, step, its answer.
    assert len(first) <= 10, first
    assert len(statements(desk, "edits/", off=[3, 4], revision=6)) == 9


def test_a_boundary_of_ones_own_layer_costs_the_same_statements_each_time() -> None:
    desk = Desk()
    desk.project.segmentation_mode = SegmentationMode.BLIND
    desk.project.save()
    desk.send(on=[8], revision=0)
    first = statements(desk, "edits/", on=[3], revision=1)
    assert len(statements(desk, "edits/", on=[4], revision=2)) == len(first) <= 12


def test_a_note_costs_the_same_statements_each_time() -> None:
    desk = Desk()
    first = statements(desk, "notes/0/", title="A", text="One.", revision=0)
    later = statements(desk, "notes/0/", title="A", text="Two.", revision=1)
    # Session, account, episode, layer, scene, its note, the revision, the step; the first one of an
    # untouched layer says besides that it is in progress.
    assert len(first) <= 9, first
    assert len(later) == len(statements(desk, "notes/0/", title="A", text="3.", revision=2)) == 8
