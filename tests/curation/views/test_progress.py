"""The dashboard: what it counts, for whom, at a constant price."""

from http import HTTPStatus

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from curation.domain.reviews import approve_dialogue, return_dialogue
from curation.enums import Role
from curation.models import Episode
from tests.curation.domain.dialogue_world import World
from tests.factories import EpisodeFactory, make_member

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def world() -> World:
    world = World()
    first, second = world.submitted(0, 1), world.submitted(2, 3)
    approve_dialogue(first, reviewer=world.reviewer, revision=first.revision)
    return_dialogue(second, reviewer=world.reviewer, revision=second.revision, reason="Too short.")
    return world


def test_progress_counts_decisions_for_who_made_the_dialogues(world: World) -> None:
    response = signed_in(world.reviewer).get(reverse("progress", args=[world.project.slug]))
    people = {one.user: one for one, _ in response.context["people"]}
    writer = people[world.writer]
    assert writer.dialogues == {"approved": 1, "returned": 1}
    assert (writer.first_time, writer.first_time_percent, writer.returns) == ("1 of 2", 50, 1)
    assert people[world.reviewer].decided == 2
    assert "1 of 52 dialogues approved. It is too early to say" in response.content.decode()


def test_progress_shows_an_annotator_only_their_own_row(world: World) -> None:
    other = make_member(world.project, Role.ANNOTATOR)
    client = signed_in(other)
    for name in ("progress", "progress_csv"):
        response = client.get(reverse(name, args=[world.project.slug]), {"table": "people"})
        content = response.content.decode()
        assert world.writer.username not in content
        assert other.username in content


@pytest.mark.parametrize("number", [1, 3])
def test_progress_costs_the_same_for_one_episode_and_three(
    world: World, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    script = Episode.objects.get().script
    for _ in range(number - 1):
        EpisodeFactory(script=script)
        make_member(world.project, Role.ANNOTATOR)
    client = signed_in(world.reviewer)
    address = reverse("progress", args=[world.project.slug])
    client.get(address)
    with django_assert_num_queries(QUERIES):
        client.get(address)


def test_progress_csv_escapes_formulas_and_knows_its_tables(world: World) -> None:
    Episode.objects.update(title="=HYPERLINK(1)")
    client = signed_in(world.reviewer)
    address = reverse("progress_csv", args=[world.project.slug])
    assert "'=HYPERLINK(1)" in client.get(address).content.decode()
    days = client.get(address, {"table": "days"}).content.decode().splitlines()
    assert days[1].endswith(",1,1,0,1")
    assert client.get(address, {"table": "x"}).status_code == HTTPStatus.NOT_FOUND


def test_progress_goal_is_set_by_a_manager_and_stays_when_it_is_nonsense(world: World) -> None:
    client = signed_in(make_member(world.project, Role.MANAGER))
    address = reverse("progress_goal", args=[world.project.slug])
    client.post(address, {"goal": "1"})
    world.project.refresh_from_db()
    assert world.project.dialogue_goal == 1
    page = client.get(reverse("progress", args=[world.project.slug])).content.decode()
    assert "The goal of 1 approved dialogues is reached." in page
    client.post(address, {"goal": "0"})
    world.project.refresh_from_db()
    assert world.project.dialogue_goal == 1


QUERIES = 27
