"""Guidelines: revisions, conflicts, bringing back, who has read them."""

import pytest

from curation.domain.guidelines import (
    LONGEST_TEXT,
    GuidelineError,
    StaleGuidelinesError,
    compare_texts,
    mark_guidelines_read,
    restore_guidelines,
    save_guidelines,
)
from curation.models import Activity
from curation.queries.guidelines import current_guidelines, read_number
from tests.factories import ProjectFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_save_guidelines_adds_a_revision_that_its_author_has_read() -> None:
    project, mina = ProjectFactory(), UserFactory()
    first = save_guidelines(project, text="# One", seen=0, author=mina)
    second = save_guidelines(project, text="# Two", seen=1, author=mina, summary="Changed")
    assert (first.number, second.number, current_guidelines(project)) == (1, 2, second)
    assert read_number(project, mina.pk) == 2
    assert Activity.objects.filter(verb="guidelines.saved").count() == 2


def test_save_guidelines_refuses_a_stale_revision_and_writes_nothing() -> None:
    project, mina = ProjectFactory(), UserFactory()
    save_guidelines(project, text="# One", seen=0, author=mina)
    with pytest.raises(StaleGuidelinesError, match="revision 1 was saved meanwhile"):
        save_guidelines(project, text="# Mine", seen=0, author=mina)
    assert project.guidelines.count() == 1


def test_save_guidelines_refuses_what_changes_nothing_and_what_is_too_long() -> None:
    project, mina = ProjectFactory(), UserFactory()
    for text in ("", "x" * (LONGEST_TEXT + 1)):
        with pytest.raises(GuidelineError):
            save_guidelines(project, text=text, seen=0, author=mina)


def test_restore_guidelines_saves_the_old_text_as_the_newest() -> None:
    project, mina = ProjectFactory(), UserFactory()
    save_guidelines(project, text="# One", seen=0, author=mina)
    save_guidelines(project, text="# Two", seen=1, author=mina)
    found = restore_guidelines(project, number=1, seen=2, actor=mina)
    assert (found.number, found.text, found.summary) == (3, "# One", "Revision 1 brought back")
    with pytest.raises(GuidelineError, match="no revision 9"):
        restore_guidelines(project, number=9, seen=3, actor=mina)


def test_mark_guidelines_read_never_goes_back_nor_ahead() -> None:
    project, mina, ada = ProjectFactory(), UserFactory(), UserFactory()
    save_guidelines(project, text="# One", seen=0, author=mina)
    save_guidelines(project, text="# Two", seen=1, author=mina)
    for number in (2, 1, 99):
        mark_guidelines_read(project, user=ada, number=number)
        assert read_number(project, ada.pk) == 2


def test_compare_texts_tells_lines_that_went_and_came() -> None:
    assert compare_texts("a\nb\nc", "a\nx\nc\nd") == [
        ("same", "a"),
        ("gone", "b"),
        ("new", "x"),
        ("same", "c"),
        ("new", "d"),
    ]
