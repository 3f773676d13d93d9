"""Many people at once: the database decides, on SQLite and PostgreSQL alike."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, connections

from curation.domain.dialogue_creation import create_dialogue
from curation.domain.dialogue_edits import DialogueClashError, DialogueStateError
from curation.domain.dialogues import set_training_text
from curation.domain.proposals import Wish, accept_proposals
from curation.domain.reviews import approve_dialogue, return_dialogue
from curation.domain.scene_edits import SceneEdits
from curation.domain.segmentation import apply_scene_edits
from curation.enums import DialogueState
from curation.errors import CurationError, StaleRevisionError
from curation.models import Dialogue, DialogueRevision, DialogueUtterance, Review
from tests.curation.domain.dialogue_world import World

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 16


@pytest.fixture(autouse=True)
def _needs_a_database_that_threads_can_share() -> None:
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        pytest.skip("an SQLite database in memory has no lock that waits")


def at_once(work: Callable[[int], str], people: int = PEOPLE) -> Counter[str]:
    """Let many threads begin at the same moment; return how often each answer came."""
    start = Barrier(people)

    def one(number: int) -> str:
        try:
            start.wait(timeout=30)
            return work(number)
        except CurationError as error:
            return error.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(people) as pool:
        return Counter(pool.map(one, range(people)))


def test_sixteen_people_claim_overlapping_rows_and_none_is_in_two_dialogues() -> None:
    world = World("\n".join(f"PIP: Question {n}?\nVEX: Answer {n}." for n in range(10)))

    def claim(number: int) -> str:
        first = (number % 8) * 2
        create_dialogue(
            world.scene,
            target=world.target,
            actor=world.writer,
            first=world.rows[first],
            last=world.rows[first + 3],
        )
        return "made"

    answers = at_once(claim)
    claims = list(DialogueUtterance.objects.filter(is_live=True).values_list("utterance"))
    assert len(claims) == len(set(claims)) == 4 * answers["made"]
    assert answers["made"] >= 3
    assert set(answers) <= {"made", DialogueClashError.code}
    assert Dialogue.objects.count() == answers["made"]


def test_a_request_sent_eight_times_makes_one_dialogue() -> None:
    world = World()

    def click(_number: int) -> str:
        made = create_dialogue(
            world.scene,
            target=world.target,
            actor=world.writer,
            first=world.rows[0],
            last=world.rows[3],
            client_key="one click",
        )
        return str(made.pk)

    assert at_once(click, people=8) == {str(Dialogue.objects.get().pk): 8}


def test_proposals_accepted_twice_at_once_are_made_once() -> None:
    world = World("\n".join(f"PIP: Question {n}?\nVEX: Answer {n}." for n in range(10)))
    wish = Wish(world.target)

    def click(_number: int) -> str:
        made = accept_proposals([world.scene], wish=wish, actor=world.writer, client_key="click")
        assert not made.clashes
        return "made"

    assert at_once(click, people=4) == {"made": 4}
    made = Dialogue.objects.count()
    accept_proposals([world.scene], wish=wish, actor=world.writer, client_key="again")
    assert Dialogue.objects.count() == made > 0


def test_sixteen_people_edit_one_revision_and_one_edit_counts() -> None:
    world = World()
    dialogue = world.dialogue()

    def edit(number: int) -> str:
        own = Dialogue.objects.get(pk=dialogue.pk)
        set_training_text(
            own,
            actor=world.writer,
            revision=1,
            utterance=world.rows[0].pk,
            text=f"Text {number}",
        )
        return "written"

    assert at_once(edit) == {"written": 1, StaleRevisionError.code: PEOPLE - 1}
    assert DialogueRevision.objects.count() == 2
    dialogue.refresh_from_db()
    assert dialogue.revision == 2


def test_sixteen_decisions_on_one_dialogue_leave_one_review() -> None:
    world = World()
    dialogue = world.submitted()

    def decide(number: int) -> str:
        own = Dialogue.objects.get(pk=dialogue.pk)
        if number % 2:
            approve_dialogue(own, reviewer=world.reviewer, revision=1)
            return "approved"
        return_dialogue(own, reviewer=world.reviewer, revision=1, reason="No.")
        return "returned"

    answers = at_once(decide)
    decided = answers["approved"] + answers["returned"]
    dialogue.refresh_from_db()
    assert Review.objects.count() == decided
    assert answers["approved"] <= 1  # an approval may be followed by a return, never the reverse
    assert answers["returned"] == 1
    assert dialogue.state == DialogueState.RETURNED
    assert answers[DialogueStateError.code] == PEOPLE - decided


def test_an_edit_and_an_approval_at_once_never_leave_unread_words_approved() -> None:
    for _ in range(5):
        world = World()
        dialogue = world.submitted()

        def act(number: int, world: World = world, dialogue: Dialogue = dialogue) -> str:
            own = Dialogue.objects.get(pk=dialogue.pk)
            if number:
                approve_dialogue(own, reviewer=world.reviewer, revision=1)
                return "approved"
            set_training_text(
                own, actor=world.writer, revision=1, utterance=world.rows[0].pk, text="New"
            )
            return "edited"

        answers = at_once(act, people=2)
        dialogue.refresh_from_db()
        assert answers["edited"] == 1
        assert (dialogue.state, dialogue.revision) == (DialogueState.DRAFT, 2)


def test_a_cut_and_a_claim_at_once_never_leave_a_dialogue_in_two_scenes() -> None:
    seen: Counter[str] = Counter()
    for _ in range(6):
        world = World()
        layer = world.scene.segmentation

        def act(number: int, world: World = world, revision: int = layer.revision) -> str:
            if number:
                world.dialogue(0, 3)
                return "made"
            edits = SceneEdits(on=frozenset({2}))
            apply_scene_edits(world.episode, edits=edits, revision=revision, actor=world.writer)
            return "cut"

        answers = at_once(act, people=2)
        seen += answers
        is_cut = world.scene.segmentation.boundaries.filter(is_active=True).count() == 2
        is_made = Dialogue.objects.filter(project=world.project).exists()
        assert is_cut != is_made
        assert answers["made"] + answers["cut"] == 1
    assert set(seen) <= {"made", "cut", "cuts_dialogue", "dialogue_shape"}
