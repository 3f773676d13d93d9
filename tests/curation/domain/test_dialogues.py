import pytest

from curation.domain.dialogue_creation import create_dialogue
from curation.domain.dialogue_edits import DialogueClashError, DialogueStateError
from curation.domain.dialogue_shape import DialogueShapeError
from curation.domain.dialogues import (
    change_range,
    drop_utterances,
    remove_dialogue,
    restore_dialogue,
    set_training_text,
    submit_dialogue,
    submit_dialogues,
    take_out_directions,
    withdraw_dialogue,
)
from curation.domain.reviews import approve_dialogue, return_dialogue
from curation.enums import DialogueState
from curation.errors import StaleRevisionError
from curation.models import Activity, Character, Dialogue, DialogueRevision, DialogueUtterance
from tests.curation.domain.dialogue_world import World, positions
from tests.factories import CharacterFactory

pytestmark = pytest.mark.django_db


def test_create_dialogue_snaps_its_end_back_to_the_targets_last_line() -> None:
    world = World()
    dialogue = world.dialogue(0, 5)
    assert positions(dialogue) == [0, 1, 2, 3]
    assert (dialogue.state, dialogue.revision) == (DialogueState.DRAFT, 1)
    assert DialogueRevision.objects.get().members[0] == {
        "utterance": world.rows[0].pk,
        "dropped": False,
        "text": None,
    }
    step = Activity.objects.get()
    assert (step.verb, step.detail["rows"]) == ("dialogue.created", [1, 4])


def test_create_dialogue_takes_rows_in_either_order() -> None:
    world = World()
    dialogue = create_dialogue(
        world.scene,
        target=world.target,
        actor=world.writer,
        first=world.rows[3],
        last=world.rows[2],
    )
    assert positions(dialogue) == [2, 3]


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (1, 3, "speaks first"),
        (4, 5, "needs a line of VEX"),
        (1, 1, "speaks first"),
    ],
)
def test_create_dialogue_refuses_what_is_no_dialogue(first: int, last: int, words: str) -> None:
    world = World()
    with pytest.raises(DialogueShapeError, match=words):
        world.dialogue(first, last)
    assert not Dialogue.objects.exists()
    assert not Activity.objects.exists()


def test_create_dialogue_refuses_rows_of_two_scenes() -> None:
    world = World()
    world.cut(2)
    with pytest.raises(DialogueShapeError, match="in two"):
        world.dialogue(0, 3)
    with pytest.raises(DialogueShapeError, match="not in this scene"):
        world.dialogue(2, 3)


def test_create_dialogue_ignores_a_boundary_taken_away() -> None:
    world = World()
    cut = world.cut(2)
    cut.is_active = False
    cut.save()
    assert positions(world.dialogue(0, 3)) == [0, 1, 2, 3]


def test_create_dialogue_counts_an_alias_as_its_character() -> None:
    world = World()
    alias = CharacterFactory(project=world.project, name="Tiny Vex", alias_of=world.target)
    world.rows[5].character = alias
    world.rows[5].save()
    dialogue = create_dialogue(
        world.scene, target=alias, actor=world.writer, first=world.rows[4], last=world.rows[5]
    )
    assert positions(dialogue) == [4, 5]
    assert dialogue.target_character == world.target


def test_create_dialogue_refuses_a_character_that_no_manager_chose() -> None:
    world = World()
    pip = Character.objects.get(name="PIP")
    with pytest.raises(DialogueShapeError, match="no target character"):
        create_dialogue(
            world.scene, target=pip, actor=world.writer, first=world.rows[3], last=world.rows[4]
        )


def test_create_dialogue_leaves_out_what_nobody_says() -> None:
    world = World("PIP: Hello?\nMARLOW: [sighs]\nVEX: Yes.")
    dialogue = world.dialogue(0, 2)
    assert positions(dialogue) == [0, 1, 2]
    assert positions(dialogue, kept_only=True) == [0, 2]


def test_create_dialogue_names_the_dialogue_that_holds_a_row() -> None:
    world = World()
    first = world.dialogue(0, 3)
    with pytest.raises(DialogueClashError, match=rf"Row 3 is already in dialogue {first.pk} "):
        world.dialogue(2, 6)
    assert Dialogue.objects.count() == 1


def test_create_dialogue_allows_a_row_once_for_each_character() -> None:
    world = World()
    world.dialogue(0, 3)
    pip = Character.objects.get(name="PIP")
    Character.objects.filter(pk=pip.pk).update(is_target=True)
    pip.refresh_from_db()
    other = create_dialogue(
        world.scene, target=pip, actor=world.writer, first=world.rows[3], last=world.rows[4]
    )
    assert positions(other) == [3, 4]


def test_change_range_keeps_the_texts_of_rows_that_stay() -> None:
    world = World()
    dialogue = world.dialogue(0, 3)
    set_training_text(
        dialogue, actor=world.writer, revision=1, utterance=world.rows[2].pk, text="Of what?"
    )
    change_range(dialogue, actor=world.writer, revision=2, first=world.rows[2], last=world.rows[7])
    assert positions(dialogue) == [2, 3, 4, 5, 6]
    kept = DialogueUtterance.objects.get(utterance=world.rows[2])
    assert kept.training_text == "Of what?"
    assert dialogue.revision == 3


def test_change_range_refuses_a_row_of_another_dialogue_and_writes_nothing() -> None:
    world = World()
    dialogue = world.dialogue(0, 1)
    other = world.dialogue(2, 3)
    with pytest.raises(DialogueClashError, match=f"dialogue {other.pk}"):
        change_range(
            dialogue, actor=world.writer, revision=1, first=world.rows[0], last=world.rows[3]
        )
    dialogue.refresh_from_db()
    assert dialogue.revision == 1
    assert positions(dialogue) == [0, 1]


def test_change_range_refuses_a_stale_revision() -> None:
    world = World()
    dialogue = world.dialogue(0, 3)
    world.writer.first_name = "Ada"
    world.writer.save()
    change_range(dialogue, actor=world.writer, revision=1, first=world.rows[0], last=world.rows[1])
    with pytest.raises(StaleRevisionError, match=r"Ada changed .* it is now 2"):
        change_range(
            dialogue, actor=world.reviewer, revision=1, first=world.rows[0], last=world.rows[3]
        )
    assert positions(dialogue) == [0, 1]


def test_drop_utterances_ends_on_the_line_before() -> None:
    world = World()
    dialogue = world.dialogue(0, 3)
    drop_utterances(
        dialogue,
        actor=world.writer,
        revision=1,
        utterances=[world.rows[3].pk],
        drop=True,
    )
    assert positions(dialogue) == [0, 1]


def test_drop_utterances_takes_rows_back() -> None:
    world = World()
    dialogue = world.dialogue(0, 3)
    row = [world.rows[2].pk]
    drop_utterances(dialogue, actor=world.writer, revision=1, utterances=row, drop=True)
    assert positions(dialogue, kept_only=True) == [0, 1, 3]
    drop_utterances(dialogue, actor=world.writer, revision=2, utterances=row, drop=False)
    assert positions(dialogue, kept_only=True) == [0, 1, 2, 3]


def test_drop_utterances_refuses_to_leave_no_context_and_foreign_rows() -> None:
    world = World()
    dialogue = world.dialogue(0, 1)
    for rows, words in (([world.rows[0].pk], "speaks first"), ([world.rows[5].pk], "not all in")):
        with pytest.raises(DialogueShapeError, match=words):
            drop_utterances(dialogue, actor=world.writer, revision=1, utterances=rows, drop=True)
    assert dialogue.members.filter(is_dropped=False).count() == 2


def test_set_training_text_brings_the_scripts_text_back_when_blank() -> None:
    world = World()
    dialogue = world.dialogue(0, 3)
    row = world.rows[1]
    for revision, (text, kept) in enumerate(
        [("Yes.", "Yes."), ("  ", None), ("No.", "No."), (row.text, None)], start=1
    ):
        set_training_text(
            dialogue, actor=world.writer, revision=revision, utterance=row.pk, text=text
        )
        assert dialogue.members.get(utterance=row).training_text == kept
    row.refresh_from_db()
    assert row.text == "I did. It was in the way."


def test_set_training_text_refuses_control_characters() -> None:
    world = World()
    dialogue = world.dialogue(0, 3)
    with pytest.raises(DialogueShapeError, match="control character"):
        set_training_text(
            dialogue, actor=world.writer, revision=1, utterance=world.rows[1].pk, text="a\x07b"
        )


def test_take_out_directions_cleans_every_kept_line() -> None:
    world = World()
    dialogue = world.dialogue(4, 6)
    take_out_directions(dialogue, actor=world.writer, revision=1)
    texts = dialogue.members.order_by("utterance__position").values_list("training_text", flat=True)
    assert list(texts) == ["There is a better moon?", None, "Put it on the list."]


def test_an_edit_that_changes_nothing_writes_nothing() -> None:
    world = World()
    dialogue = world.submitted()
    change_range(dialogue, actor=world.writer, revision=1, first=world.rows[0], last=world.rows[3])
    assert (dialogue.revision, dialogue.state) == (1, DialogueState.SUBMITTED)


@pytest.mark.parametrize("is_approved", [True, False])
def test_an_edit_takes_back_approval_and_submission_and_says_so(is_approved: bool) -> None:
    world = World()
    dialogue = world.submitted()
    if is_approved:
        approve_dialogue(dialogue, reviewer=world.reviewer, revision=1)
    set_training_text(
        dialogue, actor=world.writer, revision=1, utterance=world.rows[0].pk, text="Who?"
    )
    dialogue.refresh_from_db()
    assert (dialogue.state, dialogue.revision) == (DialogueState.DRAFT, 2)
    lost = Activity.objects.get(verb="dialogue.text_changed").detail["lost"]
    assert lost == ("approved" if is_approved else "submitted")


def test_an_edit_leaves_a_returned_dialogue_returned() -> None:
    world = World()
    dialogue = world.submitted()
    return_dialogue(dialogue, reviewer=world.reviewer, revision=1, reason="Too short.")
    set_training_text(
        dialogue, actor=world.writer, revision=1, utterance=world.rows[0].pk, text="Who?"
    )
    assert dialogue.state == DialogueState.RETURNED
    submit_dialogue(dialogue, actor=world.writer, revision=2)
    assert dialogue.state == DialogueState.SUBMITTED


def test_submit_dialogue_refuses_when_the_scenes_changed() -> None:
    world = World()
    dialogue = world.dialogue(0, 3)
    world.cut(2)
    with pytest.raises(DialogueShapeError, match="in two"):
        submit_dialogue(dialogue, actor=world.writer, revision=1)
    change_range(dialogue, actor=world.writer, revision=1, first=world.rows[2], last=world.rows[3])
    submit_dialogue(dialogue, actor=world.writer, revision=2)
    assert dialogue.scene.utterance == world.rows[2]


def test_submit_dialogue_refuses_a_blank_line_and_a_second_submission() -> None:
    world = World("PIP: Hm?\nMARLOW: \nVEX: Yes.")
    dialogue = world.dialogue(0, 2)
    blank = [world.rows[1].pk]
    drop_utterances(dialogue, actor=world.writer, revision=1, utterances=blank, drop=False)
    with pytest.raises(DialogueShapeError, match="Row 2 has no text"):
        submit_dialogue(dialogue, actor=world.writer, revision=2)
    drop_utterances(dialogue, actor=world.writer, revision=2, utterances=blank, drop=True)
    submit_dialogue(dialogue, actor=world.writer, revision=3)
    with pytest.raises(DialogueStateError, match="is submitted now"):
        submit_dialogue(dialogue, actor=world.writer, revision=3)


def test_submit_dialogues_passes_over_those_it_cannot() -> None:
    world = World()
    good, edited = world.dialogue(0, 1), world.dialogue(2, 3)
    Dialogue.objects.filter(pk=edited.pk).update(revision=2)
    outcome = submit_dialogues([good, edited], actor=world.writer)
    assert [dialogue.pk for dialogue in outcome.done] == [good.pk]
    assert "it is now 2" in outcome.refused[0][1]


def test_withdraw_dialogue_is_refused_once_somebody_decided() -> None:
    world = World()
    dialogue = world.submitted()
    withdraw_dialogue(dialogue, actor=world.writer, revision=1)
    assert (dialogue.state, dialogue.submitted_by) == (DialogueState.DRAFT, None)
    submit_dialogue(dialogue, actor=world.writer, revision=1)
    approve_dialogue(dialogue, reviewer=world.reviewer, revision=1)
    with pytest.raises(DialogueStateError, match="is approved now"):
        withdraw_dialogue(dialogue, actor=world.writer, revision=1)


def test_remove_dialogue_frees_its_rows_and_restore_takes_them_again() -> None:
    world = World()
    dialogue = world.dialogue(0, 3)
    remove_dialogue(dialogue, actor=world.writer, revision=1)
    other = world.dialogue(2, 3)
    with pytest.raises(DialogueClashError, match=f"dialogue {other.pk}"):
        restore_dialogue(dialogue, actor=world.writer, revision=1)
    dialogue.refresh_from_db()
    assert dialogue.state == DialogueState.REMOVED
    remove_dialogue(other, actor=world.writer, revision=1)
    restore_dialogue(dialogue, actor=world.writer, revision=1)
    assert dialogue.state == DialogueState.DRAFT
    assert dialogue.members.filter(is_live=True).count() == 4
    with pytest.raises(DialogueStateError, match="is removed now"):
        change_range(other, actor=world.writer, revision=1, first=world.rows[2], last=world.rows[3])
