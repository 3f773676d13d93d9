"""Places in the episodes' work: taken, given, kept, taken over, done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from curation.domain import assignments
from curation.domain.assigning import (
    PlaceRefusedError,
    assign_place,
    complete_place,
    release_place,
    share_out,
)
from curation.domain.assignments import begin_place, keep_place, take_next
from curation.domain.layers import take_back_own_layer, write_agreed_layer
from curation.domain.members import remove_member
from curation.enums import AssignmentState, Role, SegmentationMode, SegmentationState, WorkKind
from curation.models import Assignment, Episode, Membership, Project
from curation.queries.assignments import count_free, held_places, own_places
from curation.queries.next_steps import next_steps
from curation.queries.projects import progress_of
from tests.curation.domain.dialogue_world import World
from tests.curation.domain.layer_world import BlindWorld
from tests.curation.domain.test_dialogue_races import at_once
from tests.factories import EpisodeFactory, make_member

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    assignments._renewed.clear()
    yield
    assignments._renewed.clear()


def blind(*, annotators: int = 2, episodes: int = 2) -> BlindWorld:
    world = BlindWorld(annotators=annotators)
    for number in range(2, episodes + 1):
        EpisodeFactory(script=world.episode.script, episode_number=number, utterance_count=10)
    return world


def let_lapse(place: Assignment) -> None:
    Assignment.objects.filter(pk=place.pk).update(lease_until=timezone.now() - timedelta(minutes=1))


def taken(project: Project, person: User) -> Assignment:
    found = take_next(project, person=person)
    assert found
    return found


def test_next_resumes_ones_own_before_anything_free() -> None:
    world = blind()
    first = taken(world.project, world.ada)
    assert (first.episode.code, first.kind) == ("S1E1", WorkKind.LAYER)
    assert first.lease_until
    assert first.lease_until > timezone.now()
    assert taken(world.project, world.ada) == first
    assert Assignment.objects.count() == 1


def test_next_gives_what_was_least_recently_given_and_never_more_than_wanted() -> None:
    world = blind(annotators=1)
    assert [taken(world.project, one).episode.code for one in (world.ada, world.ben)] == [
        "S1E1",
        "S1E2",
    ]
    assert take_next(world.project, person=world.cy) is None


def test_a_layer_is_done_when_submitted_and_open_when_taken_back() -> None:
    world = blind()
    place = taken(world.project, world.ada)
    layer = world.finish(world.ada, 4)
    place.refresh_from_db()
    assert place.state == AssignmentState.DONE
    assert taken(world.project, world.ada).episode.code == "S1E2"
    take_back_own_layer(world.episode, revision=layer.revision, actor=world.ada)
    place.refresh_from_db()
    assert (place.state, place.ended_by) == (AssignmentState.OPEN, None)


def test_who_cuts_without_asking_holds_a_place_even_one_more_than_wanted() -> None:
    world = blind(annotators=1, episodes=1)
    taken(world.project, world.ada)
    world.cut(world.ben, 4)
    assert list(Assignment.objects.values_list("person", "place")) == [
        (world.ada.pk, 1),
        (world.ben.pk, 2),
    ]
    assert count_free(world.project, WorkKind.LAYER) == 0


def test_a_lapsed_place_is_taken_over_last_and_the_late_ones_work_is_kept() -> None:
    world = blind(annotators=1)
    late = taken(world.project, world.ada)
    world.cut(world.ada, 4)
    let_lapse(late)
    assert taken(world.project, world.ben).episode.code == "S1E2"
    over = taken(world.project, world.cy)
    late.refresh_from_db()
    assert (over.episode, over.place) == (late.episode, 1)
    assert (late.state, late.ended_by) == (AssignmentState.LAPSED, world.cy)
    world.cut(world.ada, 8)
    assert world.starts(world.ada) == [0, 4, 8]
    layer = world.finish(world.ada, 12)
    assert layer.state == SegmentationState.SUBMITTED


def test_what_a_manager_gave_does_not_lapse_and_no_lapsed_place_is_ones_own() -> None:
    world = blind(annotators=1, episodes=1)
    place = assign_place(world.episode, person=world.ada, kind=WorkKind.LAYER, actor=world.mina)
    assert place.lease_until is None
    assert taken(world.project, world.ada) == place
    let_lapse(place)
    assert take_next(world.project, person=world.ben) is None
    release_place(place, actor=world.mina)
    assert taken(world.project, world.ben).episode == world.episode


def test_a_place_is_refused_when_all_are_held_or_the_person_is_none_of_the_team() -> None:
    world = blind(annotators=1, episodes=1)
    taken(world.project, world.ada)
    with pytest.raises(PlaceRefusedError, match="one person may do this"):
        assign_place(world.episode, person=world.ben, kind=WorkKind.LAYER, actor=world.mina)
    tester = make_member(world.project, Role.TESTER)
    with pytest.raises(PlaceRefusedError, match="does not work on scripts"):
        share_out(world.project, kind=WorkKind.LAYER, people=[tester], actor=world.mina)
    with pytest.raises(PlaceRefusedError, match="nothing to do for dialogues"):
        assign_place(world.episode, person=world.ada, kind=WorkKind.DIALOGUES, actor=world.mina)


def test_sharing_out_fills_every_place_and_evens_the_loads() -> None:
    world = blind(annotators=2, episodes=6)
    Episode.objects.update(utterance_count=10)
    people = [world.ada, world.ben, world.cy]
    assert share_out(world.project, kind=WorkKind.LAYER, people=people, actor=world.mina) == 12
    assert [own_places(world.project, one).count() for one in people] == [4, 4, 4]
    assert count_free(world.project, WorkKind.LAYER) == 0
    assert share_out(world.project, kind=WorkKind.LAYER, people=people, actor=world.mina) == 0


def test_a_place_is_kept_by_who_is_at_it_with_one_write_a_minute(
    django_assert_num_queries: object,
) -> None:
    world = blind()
    place = taken(world.project, world.ada)
    let_lapse(place)
    keep_place(world.ada, place.episode_id)
    place.refresh_from_db()
    assert place.lease_until
    assert place.lease_until > timezone.now()
    with django_assert_num_queries(0):  # type: ignore[operator]
        keep_place(world.ada, place.episode_id)
    assert [one.person for one in held_places(world.project)] == [world.ada]


def test_agreed_scenes_end_blind_work_and_dialogues_are_offered_once() -> None:
    world = blind(annotators=1, episodes=1)
    place = taken(world.project, world.ada)
    write_agreed_layer(world.episode, starts={4}, actor=world.mina)
    assert not own_places(world.project, world.ada).exists()
    world.project.characters.filter(name="R").update(is_target=True)
    picked = taken(world.project, world.ada)
    assert (picked.kind, picked.episode) == (WorkKind.DIALOGUES, place.episode)
    complete_place(picked, actor=world.ada)
    assert take_next(world.project, person=world.ben) is None
    with pytest.raises(PlaceRefusedError, match="done by now"):
        release_place(picked, actor=world.ada)


def test_agreed_scenes_in_progress_are_somebodys_next_in_a_blind_project() -> None:
    world = World()
    world.scene.segmentation.state = SegmentationState.IN_PROGRESS
    world.scene.segmentation.save()
    world.project.segmentation_mode = SegmentationMode.BLIND
    world.project.save()
    progress = progress_of([world.project])[world.project.pk]
    roles = frozenset({Role.ANNOTATOR})
    steps = next_steps(world.project, user=world.writer, roles=roles, progress=progress)
    assert [step.action for step in steps if step.takes] == ["Finish them"]
    assert taken(world.project, world.writer).kind == WorkKind.SCENES


def test_the_teams_scenes_are_one_persons_to_begin_and_a_leaver_holds_nothing() -> None:
    world = World()
    begin_place(world.episode, person=world.writer, kind=WorkKind.SCENES)
    begin_place(world.episode, person=world.reviewer, kind=WorkKind.SCENES)
    assert Assignment.objects.get().person == world.writer
    remove_member(Membership.objects.get(user=world.writer), actor=world.project.created_by)
    assert Assignment.objects.get().state == AssignmentState.RELEASED


@pytest.mark.django_db(transaction=True)
def test_sixteen_people_asking_at_once_never_get_more_places_than_there_are() -> None:
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        pytest.skip("an SQLite database in memory has no lock that waits")
    world = blind(annotators=3, episodes=4)
    people = [make_member(world.project, Role.ANNOTATOR) for _ in range(8)]

    def ask(number: int) -> str:
        place = take_next(world.project, person=people[number // 2])
        return str(place.pk) if place else "nothing"

    answers = at_once(ask)
    rows = list(Assignment.objects.values_list("episode", "place", "person"))
    assert len(rows) == 8  # two presses of one person are one
    assert len({(episode, place) for episode, place, _ in rows}) == 8
    assert len({(episode, person) for episode, _, person in rows}) == 8
    assert max(place for _, place, _ in rows) <= 3
    assert answers["nothing"] == 0


@pytest.mark.django_db(transaction=True)
def test_sixteen_people_after_one_lapsed_place_leave_one_holder() -> None:
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        pytest.skip("an SQLite database in memory has no lock that waits")
    world = blind(annotators=1, episodes=1)
    let_lapse(taken(world.project, world.ada))
    people = [make_member(world.project, Role.ANNOTATOR) for _ in range(16)]
    answers = at_once(lambda n: "got" if take_next(world.project, person=people[n]) else "nothing")
    assert answers == {"got": 1, "nothing": 15}
    assert Assignment.objects.filter(state=AssignmentState.OPEN).count() == 1
