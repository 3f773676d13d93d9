"""Two versions compared: what differs, why, and the page that shows it."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from curation.domain.dataset_build import build_dataset
from curation.domain.datasets import request_dataset
from curation.domain.training_records import Recipe
from curation.enums import DialogueState, Role, Split
from curation.models import Boundary, Character, DatasetVersion, Dialogue, DialogueRevision, Project
from curation.queries.dataset_changes import DatasetChanges, compare_versions, earlier_versions
from tests.factories import make_approved_dialogues, make_member

pytestmark = pytest.mark.django_db


def built(project: Project, **options: Any) -> DatasetVersion:
    values: dict[str, Any] = {"recipe": Recipe(), "validation_share": 0.0} | options
    target = Character.objects.get(project=project, is_target=True)
    dataset = request_dataset(project, actor=project.created_by, target=target, **values)
    build_dataset(dataset)
    dataset.refresh_from_db()
    return dataset


def found(changes: DatasetChanges) -> list[tuple[str, str]]:
    return [(change.kind.value, change.why) for change in changes.page]


def edit(dialogue: Dialogue, text: str) -> None:
    """Have a dialogue approved with another text, as its second revision."""
    members = DialogueRevision.objects.get(dialogue=dialogue).members
    members[1]["text"] = text
    dialogue.revision = 2
    dialogue.save()
    DialogueRevision.objects.create(
        dialogue=dialogue, revision=2, members=members, author=dialogue.project.created_by
    )


def test_compare_versions_tells_what_was_added_removed_and_changed_and_why() -> None:
    project = make_approved_dialogues(4)
    first, second, third, _same = Dialogue.objects.order_by("pk")
    Dialogue.objects.filter(pk=first.pk).update(state=DialogueState.SUBMITTED)
    old = built(project)
    Dialogue.objects.filter(pk=first.pk).update(state=DialogueState.APPROVED)
    Dialogue.objects.filter(pk=second.pk).update(state=DialogueState.SUBMITTED)
    edit(third, "Another answer.")
    changes = compare_versions(old, built(project))
    assert changes.counts == {"added": 1, "removed": 1, "changed": 1, "moved": 0}
    assert (changes.same, changes.settings) == (1, [])
    assert {change.dialogue_id: change.kind.value for change in changes.page} == {
        first.pk: "added",
        second.pk: "removed",
        third.pk: "changed",
    }
    changed = next(change for change in changes.page if change.kind == "changed")
    assert changed.why == "The dialogue went from revision 1 to 2."
    assert any(kind == "new" and "Another" in words for kind, words in changed.words)


def test_compare_versions_tells_a_recipe_from_a_note_from_a_split() -> None:
    project = make_approved_dialogues(2)
    old = built(project)
    Boundary.objects.update(note="A cellar.")
    noted = built(project)
    why = "The scene’s note, the script’s title or a speaker’s name changed."
    assert found(compare_versions(old, noted)) == [("changed", why)] * 2
    plain = built(project, recipe=Recipe(includes_context_note=False))
    changes = compare_versions(noted, plain)
    assert changes.settings == [("includes context note", "yes", "no")]
    assert found(changes) == [("changed", "The recipe is another.")] * 2
    changes = compare_versions(plain, built(project, recipe=Recipe(), validation_share=0.5))
    assert changes.counts["changed"] == 2
    moved = compare_versions(noted, built(project, validation_share=0.5))
    assert moved.counts == {"added": 0, "removed": 0, "changed": 0, "moved": 1}
    assert moved.page[0].new
    assert moved.page[0].new.split == Split.VALIDATION


def test_dataset_changes_page_compares_with_the_version_asked_for() -> None:
    project = make_approved_dialogues(3)
    oldest = built(project)
    built(project, seed=2)
    newest = built(project, recipe=Recipe(system_template="<b>x</b>"))
    assert [version.number for version in earlier_versions(newest)] == [2, 1]
    client = Client()
    client.force_login(make_member(project, Role.REVIEWER))
    address = reverse("dataset_changes", args=[project.slug, newest.number])
    content = client.get(address, {"since": "1"}).content.decode()
    assert "Against dataset 1" in content
    assert "3 changed" in content
    assert "&lt;b&gt;x&lt;/b&gt;" in content
    assert "Against dataset 2" in client.get(address, {"since": "nonsense"}).content.decode()
    first = reverse("dataset_changes", args=[project.slug, oldest.number])
    assert "no earlier version" in client.get(first).content.decode()


def queries_to_compare(count: int) -> int:
    project = make_approved_dialogues(count)
    old, new = built(project), built(project, recipe=Recipe(system_template="x"))
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert len(compare_versions(old, new).page) == count
    return len(captured)


def test_compare_versions_takes_as_many_queries_for_three_records_as_for_one() -> None:
    assert queries_to_compare(1) == queries_to_compare(3)
