"""Pages of lists that nobody counts."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from curation.models import Character
from rickproject.lib.paging import OpenPage, open_page
from tests.factories import CharacterFactory, ProjectFactory

pytestmark = pytest.mark.django_db


def page(number: str | None, *, rows: int = 5) -> OpenPage[Character]:
    project = ProjectFactory()
    for _ in range(rows):
        CharacterFactory(project=project)
    found = Character.objects.filter(project=project).select_related("project").order_by("-pk")
    return open_page(found, number=number, size=2)


def test_open_page_is_in_order_and_knows_its_place() -> None:
    first, second, last = page(None), page("2"), page("3")
    assert [one.pk for one in first.object_list] == sorted(
        (one.pk for one in first.object_list), reverse=True
    )
    assert (first.has_previous, first.has_next, first.has_other_pages) == (False, True, True)
    assert (first.start_index, first.end_index, first.next_page_number) == (1, 2, 2)
    assert (second.start_index, second.end_index, second.previous_page_number) == (3, 4, 1)
    assert (last.has_next, last.start_index, last.end_index) == (False, 5, 5)


@pytest.mark.parametrize("number", ["0", "-1", "moon", "9", "9" * 40, ""])
def test_open_page_is_the_first_when_the_number_makes_no_sense(number: str) -> None:
    found = page(number)
    assert (found.number, len(found.object_list), found.has_next) == (1, 2, True)


def test_open_page_of_nothing_is_empty() -> None:
    found = page(None, rows=0)
    assert (found.object_list, found.has_other_pages) == ([], False)


def test_open_page_counts_nothing_and_loads_related_rows_for_itself_alone() -> None:
    with CaptureQueriesContext(connection) as before:
        page(None, rows=0)
    with CaptureQueriesContext(connection) as captured:
        names = [one.project.name for one in page(None, rows=3).object_list]
    made = 3  # characters
    assert len(names) == 2
    assert len(captured) == len(before) + made + 1  # the rows after their keys
    assert not [one for one in captured.captured_queries if "COUNT(" in one["sql"]]
