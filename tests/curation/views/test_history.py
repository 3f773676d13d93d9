"""Histories: two revisions compared, one brought back; the cost does not grow with them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from curation.domain.dialogues import drop_utterances, set_training_text
from curation.domain.notes import save_note
from curation.models import Segmentation
from tests.curation.domain.dialogue_world import World
from tests.curation.domain.layer_world import BlindWorld
from tests.cutting import set_boundary

pytestmark = pytest.mark.django_db


def test_a_dialogues_revisions_are_compared_line_by_line(client: Client) -> None:
    world = World()
    dialogue = world.dialogue(0, 3)
    for row, words in ((1, "I moved it."), (3, "Of the better moon.")):
        set_training_text(
            dialogue,
            actor=world.writer,
            revision=dialogue.revision,
            utterance=world.rows[row].pk,
            text=words,
        )
    drop_utterances(
        dialogue, actor=world.writer, revision=2, utterances={world.rows[2].pk}, drop=True
    )
    client.force_login(world.writer)
    address = reverse("dialogue_history", args=[world.project.slug, dialogue.pk])
    page = client.get(address, {"old": 1, "new": 3})
    kinds = [line.kind for line in page.context["compared"]["lines"]]
    assert kinds == ["same", "text", "left_out", "same"]
    assert "<ins>moved it</ins>" in page.content.decode()
    assert client.get(address, {"old": 1, "new": 9}).context["compared"] is None
    assert client.get(address, {"old": "x"}).context["compared"] is None


def test_a_notes_revisions_are_compared_word_by_word(client: Client) -> None:
    world = World()
    for revision, words in enumerate(("The moon is gone.", "The moon was moved.")):
        save_note(
            world.episode,
            position=0,
            title="Night",
            text=words,
            revision=revision,
            author=world.writer,
        )
    client.force_login(world.writer)
    address = reverse("scene_note", args=[world.project.slug, world.episode.pk, 0])
    page = client.get(address, {"old": 1, "new": 2}).content.decode()
    assert "The moon <span" in page
    assert "<del>is</del>" in page
    assert "<ins>moved</ins>" in page
    assert f"{address}?old=1&amp;new=2#compared" in page


def test_scenes_are_compared_and_brought_back_as_a_new_revision(client: Client) -> None:
    world = BlindWorld()
    world.cut(world.ada, 4, 8)
    world.cut(world.ada, 12)
    client.force_login(world.ada)
    address = reverse("layer_history", args=[world.project.slug, world.episode.pk])
    compared = client.get(address, {"old": 1, "new": 2}).context["compared"]
    assert [line["utterance"].position for line in compared["lines"]] == [12]
    stale = client.post(address, {"restored": 1, "revision": 0})
    assert stale.status_code == 409
    client.post(address, {"restored": 1, "revision": 2})
    assert world.starts(world.ada) == [0, 4, 8]
    assert Segmentation.objects.get(annotator=world.ada).revision == 3
    assert client.post(address, {"restored": 9, "revision": 3}).status_code == 422
    assert client.post(address, {"restored": "x"}).status_code == 422
    client.force_login(world.ben)
    assert client.get(address).context["revisions"] == []  # blind: one's own only


def test_a_layers_history_costs_the_same_for_one_change_and_three(
    client: Client, django_assert_num_queries: Callable[[int], Any]
) -> None:
    world = World()
    client.force_login(world.writer)
    address = reverse("layer_history", args=[world.project.slug, world.episode.pk])
    client.get(address)
    for revision, position in enumerate((2, 4, 6)):
        set_boundary(world.episode, position=position, revision=revision, actor=world.writer)
        if revision != 1:
            with django_assert_num_queries(12):
                client.get(address, {"old": 1, "new": 1})
