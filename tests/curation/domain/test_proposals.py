import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from curation.domain.dialogue_proposals import Uncovered
from curation.domain.dialogues import drop_utterances, remove_dialogue, set_training_text
from curation.domain.proposals import (
    BudgetError,
    Wish,
    accept_proposal,
    accept_proposals,
    project_scenes,
    propose_for_scene,
)
from curation.enums import DialogueState, UtteranceKind
from curation.models import Boundary, Dialogue
from tests.curation.domain.dialogue_world import World, positions
from tests.factories import CharacterFactory, make_scene

pytestmark = pytest.mark.django_db

TALK = """
PIP: Where are we going tonight, and should I bring the good umbrella?
VEX: To the observatory. Bring the umbrella, bring the ladder, bring everything we own.
MARLOW: Everything? We have rented most of it from the neighbours.
VEX: Then bring the neighbours too, they will want to see what happens to their ladder.
PIP: I am not carrying anybody's ladder up that hill again.
VEX: You will carry it, and you will thank me when the sky opens like a tin of peaches.
"""


def wish(world: World, **values: object) -> Wish:
    return Wish(target=world.target, **values)  # type: ignore[arg-type]


def test_propose_for_scene_ends_on_the_target_and_stays_in_the_budget() -> None:
    world = World(TALK)
    found = propose_for_scene(world.scene, wish(world))
    (proposal,) = found.proposals
    assert (proposal.first.position, proposal.last.position) == (0, 5)
    assert found.uncovered == ()
    tight = propose_for_scene(world.scene, wish(world, budget=80, cost=0.0))
    assert all(one.tokens <= 80 for one in tight.proposals)
    assert tight.proposals[0].last.position < 5
    assert tight.uncovered


def test_propose_for_scene_counts_the_context_note_against_the_budget() -> None:
    world = World(TALK)
    free = propose_for_scene(world.scene, wish(world, budget=150))
    world.scene.note = "The observatory closed in March. " * 8
    world.scene.save()
    noted = propose_for_scene(world.scene, wish(world, budget=150))
    assert sum(p.tokens for p in noted.proposals) < sum(p.tokens for p in free.proposals)


def test_propose_for_scene_leaves_live_dialogues_alone_and_counts_them_as_covered() -> None:
    world = World(TALK)
    world.dialogue(0, 1)
    found = propose_for_scene(world.scene, wish(world))
    assert all(proposal.first.position >= 2 for proposal in found.proposals)
    world.dialogue(2, 5)
    found = propose_for_scene(world.scene, wish(world))
    assert (found.proposals, found.uncovered) == ((), ())


def test_propose_for_scene_does_not_repeat_a_proposal_that_was_removed() -> None:
    world = World(TALK)
    asked = wish(world)
    (proposal,) = propose_for_scene(world.scene, asked).proposals
    dialogue = accept_proposal(proposal, scene=world.scene, wish=asked, actor=world.writer)
    remove_dialogue(dialogue, actor=world.writer, revision=1)
    assert propose_for_scene(world.scene, asked).proposals == ()


def test_propose_for_scene_says_why_lines_stay_uncovered() -> None:
    world = World("VEX: I begin.\nVEX: And I go on.\nPIP: Now me.\nVEX: No.")
    found = propose_for_scene(world.scene, wish(world))
    assert [line.reason for line in found.uncovered] == [Uncovered.NO_CONTEXT, Uncovered.NOT_WORTH]
    assert [u.position for u in found.uncovered[0].utterances] == [0, 1]


def test_propose_for_scene_takes_an_alias_for_its_character() -> None:
    world = World(TALK)
    alias = CharacterFactory(project=world.project, name="Night Vex", alias_of=world.target)
    world.rows[5].character = alias
    world.rows[5].save()
    (proposal,) = propose_for_scene(world.scene, wish(world)).proposals
    assert proposal.last.position == 5


def test_accept_proposals_leaves_out_directions_and_makes_drafts() -> None:
    world = World(TALK.replace("MARLOW: Everything?", "MARLOW: (looking up) Everything?"))
    row = world.rows[4]
    row.kind, row.text = UtteranceKind.DIRECTION, "A dog barks."
    row.save()
    accepted = accept_proposals([world.scene], wish=wish(world), actor=world.writer)
    (dialogue,) = accepted.dialogues
    assert dialogue.is_proposed
    assert dialogue.state == DialogueState.DRAFT
    assert positions(dialogue) == [0, 1, 2, 3, 4, 5]
    assert positions(dialogue, kept_only=True) == [0, 1, 2, 3, 5]
    again = accept_proposals([world.scene], wish=wish(world), actor=world.writer)
    assert (again.dialogues, again.clashes) == ((), 0)


def test_accept_proposals_covers_every_scene_of_a_project_in_order() -> None:
    world = World(TALK)
    make_scene(TALK, project=world.project, episode_number=2)
    world.cut(4)
    scenes = project_scenes(world.target)
    assert [(s.utterance.episode.episode_number, s.utterance.position) for s in scenes] == [
        (1, 0),
        (1, 4),
        (2, 0),
    ]
    assert len(project_scenes(world.target, episode_id=scenes[2].utterance.episode_id)) == 1
    accept_proposals(scenes, wish=wish(world), actor=world.writer)
    for dialogue in Dialogue.objects.all():
        rows = positions(dialogue)
        own = Boundary.objects.get(pk=dialogue.scene_id)
        assert rows[0] >= own.utterance.position


def test_an_edited_dialogue_is_never_proposed_over() -> None:
    world = World(TALK)
    accept_proposals([world.scene], wish=wish(world), actor=world.writer)
    dialogue = Dialogue.objects.get()
    set_training_text(
        dialogue, actor=world.writer, revision=1, utterance=world.rows[0].pk, text="Where to?"
    )
    drop_utterances(
        dialogue, actor=world.writer, revision=2, utterances=[world.rows[5].pk], drop=True
    )
    found = propose_for_scene(world.scene, wish(world))
    assert all(proposal.first.position >= 4 for proposal in found.proposals)


@pytest.mark.parametrize("values", [{"budget": 3}, {"budget": 10**9}, {"cost": -1}, {"cost": 99}])
def test_propose_for_scene_refuses_a_senseless_wish(values: dict[str, float]) -> None:
    world = World(TALK)
    with pytest.raises(BudgetError):
        propose_for_scene(world.scene, wish(world, **values))


def test_propose_for_scene_asks_the_same_number_of_queries_for_any_length() -> None:
    counts = []
    for lines in (TALK, TALK.rstrip() * 3):
        world = World(lines)
        scene = project_scenes(world.target)[0]
        with CaptureQueriesContext(
            connection,
        ) as seen:
            propose_for_scene(scene, wish(world))
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 4
