"""Two people cut one episode at the same moment: one is saved, the other is told."""

from __future__ import annotations

import pytest

from curation.domain.notes import save_note
from curation.models import Boundary, ContextNote, Episode, Segmentation
from tests.curation.domain.dialogue_world import World
from tests.curation.domain.test_dialogue_races import at_once
from tests.cutting import set_boundary
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_savers_of_one_revision_leave_one_boundary() -> None:
    world = World()
    people = [UserFactory(), UserFactory()]

    def cut(number: int) -> str:
        episode = Episode.objects.select_related("script__project").get(pk=world.episode.pk)
        set_boundary(episode, position=2 + number, revision=0, actor=people[number])
        return "saved"

    assert at_once(cut, people=2) == {"saved": 1, "stale_scenes": 1}
    assert Segmentation.objects.get().revision == 1
    assert Boundary.objects.filter(is_active=True).count() == 2


def test_two_writers_of_one_note_leave_one_revision() -> None:
    world = World()
    people = [UserFactory(), UserFactory()]

    def write(number: int) -> str:
        episode = Episode.objects.select_related("script__project").get(pk=world.episode.pk)
        save_note(
            episode, position=0, title=f"{number}", text="", revision=0, author=people[number]
        )
        return "saved"

    assert at_once(write, people=2) == {"saved": 1, "stale_note": 1}
    assert ContextNote.objects.count() == 1


def test_two_first_savers_make_one_agreed_layer() -> None:
    world = World()
    Segmentation.objects.all().delete()
    person = UserFactory()

    def cut(number: int) -> str:
        episode = Episode.objects.select_related("script__project").get(pk=world.episode.pk)
        set_boundary(episode, position=2 + number, revision=0, actor=person)
        return "saved"

    assert at_once(cut, people=2) == {"saved": 1, "stale_scenes": 1}
    assert Segmentation.objects.count() == 1
