"""What a message says was done can be taken back by the person who did it, and nobody else."""

import pytest
from django.test import Client
from django.urls import reverse

from curation.domain.scene_submission import submit_scenes
from curation.enums import DialogueState, SegmentationState
from curation.models import Segmentation
from tests.curation.domain.dialogue_world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


def press(client: Client, world: World, what: str) -> str:
    answer = client.post(reverse("undo", args=[world.project.slug]), {"what": what}, follow=True)
    return " ".join(str(message) for message in answer.context["messages"])


def test_a_submission_of_a_dialogue_is_offered_and_taken_back(client: Client, world: World) -> None:
    dialogue = world.dialogue()
    client.force_login(world.writer)
    address = reverse("dialogue_change", args=[world.project.slug, dialogue.pk])
    page = client.post(address, {"action": "submit", "revision": 1}, follow=True).content.decode()
    assert f'name="what" value="submitted {dialogue.pk}"' in page
    assert page.count("is submitted. No drafts") == 2  # once read, once as the button's name
    assert "no longer submitted" in press(client, world, f"submitted {dialogue.pk}")
    dialogue.refresh_from_db()
    assert dialogue.state == DialogueState.DRAFT
    assert "changed or decided on since" in press(client, world, f"submitted {dialogue.pk}")


def test_dialogues_made_together_are_taken_away_by_their_maker_only(
    client: Client, world: World
) -> None:
    made = [world.dialogue(0, 1), world.dialogue(2, 3)]
    what = f"made {made[0].pk},{made[1].pk}"
    client.force_login(world.reviewer)
    assert "so it stays" in press(client, world, what)
    client.force_login(world.writer)
    assert "2 dialogues taken away again" in press(client, world, what)
    assert {one.state for one in made} == {"draft"}
    for one in made:
        one.refresh_from_db()
        assert one.state == DialogueState.REMOVED


def test_submitted_scenes_are_open_again(client: Client, world: World) -> None:
    layer = world.scene.segmentation
    Segmentation.objects.filter(pk=layer.pk).update(state=SegmentationState.IN_PROGRESS)
    submit_scenes(world.episode, revision=layer.revision, actor=world.writer)
    client.force_login(world.writer)
    press(client, world, f"scenes {world.episode.pk}")
    layer.refresh_from_db()
    assert layer.state == SegmentationState.IN_PROGRESS


@pytest.mark.parametrize("what", ["", "made", "made 1,x", "gone 1", "scenes 0x1", "made \x00"])
def test_what_makes_no_sense_is_refused(client: Client, world: World, what: str) -> None:
    client.force_login(world.writer)
    assert "cannot be undone any more" in press(client, world, what)
