"""Blind layers: everybody's own, closed to others until submitted, agreed only once."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db.models import QuerySet

from curation.domain.layers import (
    AgreementStandsError,
    LayerClosedError,
    ModeError,
    choose_mode,
    edit_own_layer,
    submit_own_layer,
    take_back_own_layer,
    undo_agreement,
    write_agreed_layer,
)
from curation.domain.notes import NotAgreedYetError, save_note
from curation.domain.scene_edits import SceneEdits
from curation.domain.scene_suggestions import run_speaker_model, suggest_scenes
from curation.domain.segmentation import SceneStateError, StaleScenesError
from curation.enums import (
    BoundaryOrigin,
    Role,
    SegmentationMode,
    SegmentationState,
    Suggester,
    SuggestionState,
)
from curation.models import (
    Activity,
    Boundary,
    Episode,
    Segmentation,
    SuggestedBoundary,
    SuggestionRun,
    Utterance,
)
from curation.queries.layers import (
    cuts_blind,
    finished_layers,
    gaps_of,
    is_settled,
    may_see_layers,
    visible_episodes,
    with_layers,
)
from curation.queries.next_steps import next_steps
from curation.queries.projects import progress_of
from curation.queries.scenes import open_suggestions
from tests.curation.domain.layer_world import BlindWorld

pytestmark = pytest.mark.django_db


def edits(*on: int) -> SceneEdits:
    return SceneEdits(on=frozenset(on))


def test_own_layers_do_not_touch_each_other() -> None:
    world = BlindWorld()
    world.cut(world.ada, 5)
    world.cut(world.ben, 7)
    world.cut(world.ada, 9)
    assert world.starts(world.ada) == [0, 5, 9]
    assert world.starts(world.ben) == [0, 7]
    assert world.starts() == []
    assert not is_settled(world.episode)


def test_own_layer_keeps_the_rules_of_revisions() -> None:
    world = BlindWorld()
    world.cut(world.ada, 5)
    with pytest.raises(StaleScenesError, match="You changed these scenes in another window"):
        edit_own_layer(world.episode, edits=edits(7), revision=0, actor=world.ada)
    assert world.starts(world.ada) == [0, 5]


def test_a_submitted_layer_is_closed_until_it_is_taken_back() -> None:
    world = BlindWorld()
    layer = world.finish(world.ada, 5)
    assert layer.state == SegmentationState.SUBMITTED
    with pytest.raises(SceneStateError, match="Take the submission back"):
        edit_own_layer(world.episode, edits=edits(7), revision=1, actor=world.ada)
    with pytest.raises(SceneStateError):
        submit_own_layer(world.episode, revision=1, actor=world.ada)
    take_back_own_layer(world.episode, revision=1, actor=world.ada)
    world.cut(world.ada, 7)
    assert world.starts(world.ada) == [0, 5, 7]


def test_who_may_see_layers_changes_with_ones_own_submission() -> None:
    world = BlindWorld()
    episode = world.episode

    def seers() -> list[str]:
        people = {"ada": world.ada, "ben": world.ben, "rex": world.rex, "mina": world.mina}
        return [name for name, person in people.items() if may_see_layers(person, episode)]

    world.finish(world.ada, 5)
    world.cut(world.ben, 7)
    world.cut(world.rex, 7)  # a reviewer who cuts is as blind as anybody
    assert seers() == ["ada", "mina"]
    for person in (world.ada, world.ben, world.rex, world.mina):
        seen = visible_episodes(person, world.project, [episode])
        assert (episode.pk in seen) == may_see_layers(person, episode)
    take_back_own_layer(episode, revision=1, actor=world.ada)
    assert seers() == ["mina"]
    write_agreed_layer(episode, starts={5}, actor=world.mina)
    assert seers() == ["ada", "ben", "rex", "mina"]


def test_a_layer_remembers_that_others_could_be_seen() -> None:
    world = BlindWorld()
    world.finish(world.ada, 5)
    world.finish(world.ben, 5)
    taken = take_back_own_layer(world.episode, revision=1, actor=world.ben)
    assert taken.saw_others
    assert not Segmentation.objects.get(annotator=world.ada).saw_others
    world.cut(world.mina, 4)  # managers could look before they began
    assert Segmentation.objects.get(annotator=world.mina).saw_others
    assert not world.cut(world.cy, 3).saw_others


def test_the_first_to_submit_saw_nobody() -> None:
    world = BlindWorld()
    world.finish(world.ada, 5)
    assert not take_back_own_layer(world.episode, revision=1, actor=world.ada).saw_others


def test_with_one_annotator_a_submitted_layer_is_agreed() -> None:
    world = BlindWorld(annotators=1)
    world.finish(world.ada, 5, 9)
    assert world.starts() == [0, 5, 9]
    agreed = Segmentation.objects.get(annotator=None)
    assert (agreed.state, agreed.agreed_revision) == (SegmentationState.SUBMITTED, agreed.revision)
    origins = Boundary.objects.filter(segmentation=agreed, utterance__position__gt=0)
    assert set(origins.values_list("origin", flat=True)) == {BoundaryOrigin.LAYERS}
    assert not cuts_blind(world.episode)
    with pytest.raises(LayerClosedError, match="kept as it"):
        world.cut(world.ben, 3)


def test_one_scene_can_be_agreed_too() -> None:
    world = BlindWorld(annotators=1)
    world.finish(world.ada)
    assert world.starts() == [0]
    assert is_settled(world.episode)


def test_own_layers_are_refused_in_shared_projects() -> None:
    world = BlindWorld()
    choose_mode(world.project, mode=SegmentationMode.SHARED, annotators=2, actor=world.mina)
    world.episode.script.project.refresh_from_db()
    with pytest.raises(LayerClosedError):
        world.cut(world.ada, 5)


@pytest.mark.parametrize("number", [0, 10])
def test_the_number_of_annotators_has_limits(number: int) -> None:
    world = BlindWorld()
    with pytest.raises(ModeError, match="1 to 9"):
        choose_mode(world.project, mode=SegmentationMode.BLIND, annotators=number, actor=world.mina)


def test_notes_wait_for_agreed_scenes() -> None:
    world = BlindWorld()
    world.cut(world.ada, 5)
    note = {"position": 0, "title": "T", "text": "", "revision": 0}
    with pytest.raises(NotAgreedYetError):
        save_note(world.episode, author=world.ada, **note)  # type: ignore[arg-type]
    write_agreed_layer(world.episode, starts={5}, actor=world.mina)
    save_note(world.episode, author=world.ada, **note)  # type: ignore[arg-type]


def test_suggestions_and_their_fates_are_ones_own() -> None:
    world = BlindWorld()
    for person in (world.ada, world.ben):
        run_speaker_model(world.episode, actor=person, annotator=person)
    ours = open_suggestions(world.episode, annotator=world.ada)
    theirs = open_suggestions(world.episode, annotator=world.ben)
    assert ours
    assert {one.pk for one in ours} & {one.pk for one in theirs} == set()
    batch = SceneEdits(
        on=frozenset({ours[0].utterance.position}),
        accepted=frozenset({ours[0].pk, theirs[0].pk}),
    )
    edit_own_layer(world.episode, edits=batch, revision=0, actor=world.ada)
    assert len(open_suggestions(world.episode, annotator=world.ben)) == len(theirs)
    accepted = SuggestedBoundary.objects.filter(state=SuggestionState.ACCEPTED)
    assert list(accepted) == [ours[0]]
    assert open_suggestions(world.episode) == []


def test_suggest_scenes_fills_ones_own_layer() -> None:
    world = BlindWorld()
    (answer,) = suggest_scenes(world.project, actor=world.ada, scenes=3, accept=True)
    assert answer.scenes == len(world.starts(world.ada)) > 1
    assert world.starts() == []


def test_agreement_can_be_undone_while_nothing_rests_on_it() -> None:
    world = BlindWorld()
    world.finish(world.ada, 5)
    world.cut(world.ben, 7)
    write_agreed_layer(world.episode, starts={5}, actor=world.mina)
    undo_agreement(world.episode, actor=world.mina)
    assert world.starts() == [0]
    assert cuts_blind(world.episode)
    assert Segmentation.objects.get(annotator=world.ben).saw_others
    write_agreed_layer(world.episode, starts={5, 8}, actor=world.mina)
    assert world.starts() == [0, 5, 8]


def test_agreement_stands_under_notes_and_later_edits() -> None:
    world = BlindWorld()
    with pytest.raises(AgreementStandsError, match="no agreed scenes"):
        undo_agreement(world.episode, actor=world.mina)
    write_agreed_layer(world.episode, starts={5}, actor=world.mina)
    save_note(world.episode, position=5, title="T", text="", revision=0, author=world.ada)
    with pytest.raises(AgreementStandsError, match="rest on"):
        undo_agreement(world.episode, actor=world.mina)
    assert world.starts() == [0, 5]


def test_finished_layers_are_submitted_ones_only() -> None:
    world = BlindWorld()
    world.finish(world.ada, 5, 9)
    world.cut(world.ben, 7)
    (one,) = finished_layers([world.episode])[world.episode.pk]
    assert (one.annotator, one.starts, one.saw_others) == (world.ada, (5, 9), False)


def test_the_list_of_episodes_counts_layers_in_one_query(
    django_assert_num_queries: object,
) -> None:
    world = BlindWorld()
    world.finish(world.ada, 5)
    world.cut(world.ben, 7)
    rows: QuerySet[Episode] = with_layers(Episode.objects.all(), annotator=world.ben)
    with django_assert_num_queries(1):  # type: ignore[operator]
        (row,) = rows
    assert (row.own_state, row.finished_layers) == ("in_progress", 1)  # type: ignore[attr-defined]


def test_gaps_count_a_start_at_a_direction_for_the_next_spoken_row() -> None:
    assert gaps_of([2, 4, 7, 9], spoken=[0, 1, 3, 4, 8]) == {2, 3, 4}
    assert gaps_of([0], spoken=[1, 2]) == frozenset()


def test_every_step_is_recorded() -> None:
    world = BlindWorld(annotators=1)
    choose_mode(world.project, mode=SegmentationMode.BLIND, annotators=1, actor=world.mina)
    world.finish(world.ada, 5)
    verbs = set(Activity.objects.values_list("verb", flat=True))
    assert verbs >= {"project.cutting_chosen", "scenes.edited", "scenes.submitted", "scenes.agreed"}


def test_what_the_source_suggests_is_everybodys_and_its_fate_ones_own() -> None:
    world = BlindWorld()
    run = SuggestionRun.objects.create(episode=world.episode, suggester=Suggester.SOURCE)
    rows = Utterance.objects.filter(episode=world.episode, position__in=[5, 9])
    original, other = (
        SuggestedBoundary.objects.create(
            run=run, utterance=row, probability=1, is_proposed=True, title="INT. MOON"
        )
        for row in rows
    )
    batch = SceneEdits(on=frozenset({5}), accepted=frozenset({original.pk}))
    edit_own_layer(world.episode, edits=batch, revision=0, actor=world.ada)  # an older page's id
    (left,) = open_suggestions(world.episode, annotator=world.ada)
    assert left.utterance_id == other.utterance_id
    edit_own_layer(
        world.episode,
        edits=SceneEdits(dismissed=frozenset({left.pk})),
        revision=1,
        actor=world.ada,
    )
    assert open_suggestions(world.episode, annotator=world.ada) == []
    assert len(open_suggestions(world.episode, annotator=world.ben)) == 2
    world.cut(world.ben, 3)
    assert len(open_suggestions(world.episode, annotator=world.ben)) == 2
    write_agreed_layer(world.episode, starts={5}, actor=world.mina)
    assert Boundary.objects.get(segmentation__annotator=None, utterance__position=5).title == (
        "INT. MOON"
    )


def test_suggest_scenes_agrees_at_once_where_one_annotator_is_enough() -> None:
    world = BlindWorld(annotators=1)
    suggest_scenes(world.project, actor=world.mina, scenes=3, accept=True)
    assert len(world.starts()) > 1


def test_next_steps_tell_what_to_cut_and_what_to_settle() -> None:
    world = BlindWorld(annotators=2)

    def steps(person: User, role: Role) -> list[str]:
        progress = progress_of([world.project])[world.project.pk]
        found = next_steps(world.project, user=person, roles=frozenset({role}), progress=progress)
        return [step.action for step in found]

    world.finish(world.ada, 5)
    assert steps(world.ada, Role.ANNOTATOR) == []
    assert steps(world.ben, Role.ANNOTATOR) == ["Cut the next"]
    world.finish(world.ben, 5)
    assert steps(world.cy, Role.ANNOTATOR) == []
    assert steps(world.rex, Role.REVIEWER) == ["Settle them"]
    write_agreed_layer(world.episode, starts={5}, actor=world.rex)
    assert "Settle them" not in steps(world.rex, Role.REVIEWER)
