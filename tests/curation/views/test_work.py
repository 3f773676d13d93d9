"""The pages of who works on what."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from curation.domain import assignments
from curation.domain.assigning import assign_place
from curation.domain.assignments import take_next
from curation.enums import AssignmentOrigin, AssignmentState, DialogueState, WorkKind
from curation.models import Assignment, Boundary
from tests.curation.domain.dialogue_world import World
from tests.curation.domain.layer_world import BlindWorld
from tests.factories import EpisodeFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    assignments._renewed.clear()
    yield
    assignments._renewed.clear()


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_next_opens_free_work_and_says_when_there_is_none() -> None:
    world = BlindWorld(annotators=1)
    address = f"/p/{world.project.slug}/work/next/"
    opened = signed_in(world.ada).post(address)
    assert opened.url == f"/p/{world.project.slug}/scenes/{world.episode.pk}/"
    again = signed_in(world.ben).post(address, follow=True)
    assert "Nothing is free for you now" in page(again)
    assert "works on" in page(again)
    assert signed_in(world.rex).post(address).url == f"/p/{world.project.slug}/work/"


def test_next_opens_what_came_back_then_what_waits_for_review() -> None:
    world = World()
    dialogue = world.submitted()
    address = f"/p/{world.project.slug}/work/next/"
    assert signed_in(world.reviewer).post(address).url == f"/p/{world.project.slug}/review/"
    dialogue.state = DialogueState.RETURNED
    dialogue.save()
    opened = signed_in(world.writer).post(address)
    assert opened.url == f"/p/{world.project.slug}/dialogues/{dialogue.pk}/"


def test_dialogue_work_opens_the_first_scene_without_a_dialogue() -> None:
    world = World()
    world.scene.segmentation.state = "submitted"
    world.scene.segmentation.save()
    opened = signed_in(world.writer).post(f"/p/{world.project.slug}/work/next/")
    scene = Boundary.objects.get()
    path = f"/p/{world.project.slug}/scenes/{world.episode.pk}/dialogues/{scene.pk}/"
    assert opened.url == path
    assert "Your place until" in page(signed_in(world.writer).get(path))


def test_the_reader_names_who_holds_a_place_and_tells_the_late_one() -> None:
    world = BlindWorld(annotators=1)
    place = take_next(world.project, person=world.ada)
    assert place
    reader = f"/p/{world.project.slug}/scenes/{world.episode.pk}/"
    assert f"{world.ada.username} works here until" in page(signed_in(world.ben).get(reader))
    Assignment.objects.update(lease_until=timezone.now() - timedelta(minutes=1))
    assert "works here until" not in page(signed_in(world.ben).get(reader))
    take_next(world.project, person=world.ben)
    kept = signed_in(world.ada).post(f"{reader}keep/")
    assert f"{world.ben.username} took your place here over" in page(kept)
    assert "What you did is kept" in page(kept)
    assert "Taken over" in page(signed_in(world.ada).get(f"/p/{world.project.slug}/work/"))


def test_a_place_is_given_back_by_its_holder_and_released_by_a_manager() -> None:
    world = BlindWorld(annotators=2)
    for person in (world.ada, world.ben):
        take_next(world.project, person=person)
    reader = f"/p/{world.project.slug}/scenes/{world.episode.pk}/"
    told = signed_in(world.ada).post(
        f"{reader}place/", {"kind": "layer", "action": "give_back"}, follow=True
    )
    assert "is free for others" in page(told)
    other = Assignment.objects.get(person=world.ben)
    signed_in(world.mina).post(f"/p/{world.project.slug}/assignments/{other.pk}/release/")
    states = Assignment.objects.values_list("state", flat=True)
    assert set(states) == {AssignmentState.RELEASED}


def test_the_table_gives_and_takes_back_what_was_ticked_and_nothing_else() -> None:
    world = BlindWorld(annotators=1)
    second = EpisodeFactory(script=world.episode.script, episode_number=2)
    assign_place(world.episode, person=world.ada, kind=WorkKind.LAYER, actor=world.mina)
    assign_place(second, person=world.ben, kind=WorkKind.LAYER, actor=world.mina)
    mina = signed_in(world.mina)
    address = f"/p/{world.project.slug}/assignments/"
    shown = page(mina.get(address))
    assert f'value="{world.episode.pk}:{world.ada.pk}" checked' in shown
    told = mina.post(
        address,
        {
            "was": [f"{world.episode.pk}:{world.ada.pk}"],
            "now": [f"{second.pk}:{world.ada.pk}", f"{second.pk}:999999"],
        },
        follow=True,
    )
    assert "1 change saved" in page(told)
    assert "one person may do this" in page(told)
    held = Assignment.objects.filter(state=AssignmentState.OPEN)
    assert list(held.values_list("episode", "person")) == [(second.pk, world.ben.pk)]
    assert "Choose from the table" in page(mina.post(address, {"now": ["x:y"]}, follow=True))


def test_free_places_are_shared_out_among_those_chosen() -> None:
    world = BlindWorld(annotators=2)
    mina = signed_in(world.mina)
    address = f"/p/{world.project.slug}/assignments/share/?kind=scenes"
    assert "Choose who gets the work" in page(mina.post(address, follow=True))
    told = mina.post(address, {"people": [world.ada.pk, world.ben.pk]}, follow=True)
    assert "2 places given" in page(told)
    origins = set(Assignment.objects.values_list("origin", flat=True))
    assert origins == {AssignmentOrigin.SHARED_OUT}


@pytest.mark.parametrize("path", ["work/", "assignments/", "scenes/"])
def test_pages_of_work_ask_the_database_as_often_for_more_rows(
    path: str, django_assert_max_num_queries: Any, django_assert_num_queries: Any
) -> None:
    world = BlindWorld(annotators=3)
    mina = signed_in(world.mina)
    address = f"/p/{world.project.slug}/{path}"
    take_next(world.project, person=world.ada)
    assign_place(world.episode, person=world.mina, kind=WorkKind.LAYER, actor=world.mina)
    with django_assert_max_num_queries(40) as first:
        mina.get(address)
    for number in (2, 3):
        episode = EpisodeFactory(script=world.episode.script, episode_number=number)
        for person in (world.ada, world.ben, world.mina):
            place = assign_place(episode, person=person, kind=WorkKind.LAYER, actor=world.mina)
            place.lease_until = timezone.now() + timedelta(minutes=9)
            place.save()
    with django_assert_num_queries(len(first.captured_queries)):
        mina.get(address)
