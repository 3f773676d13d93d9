"""Searching a project's texts, and who may."""

from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from curation.domain.dialogues import remove_dialogue, set_training_text
from curation.enums import Role, ScriptState
from curation.models import Boundary, Character, Script
from curation.queries.search import LINES_A_PAGE, Excerpt, excerpt, search_project
from tests.curation.domain.dialogue_world import World
from tests.factories import make_member, make_scene

pytestmark = pytest.mark.django_db


def lines_of(world: World, words: str, **options: Any) -> list[int]:
    return [line.position for line, _, _ in search_project(world.project, words, **options).lines]


def test_search_project_finds_lines_whatever_the_capitals() -> None:
    world = World()
    assert lines_of(world, "MOON") == [0, 3, 4]
    assert lines_of(world, "moon?") == [0, 4]
    assert search_project(world.project, "of the moon").is_empty
    Script.objects.update(utterance_count=8)
    assert search_project(world.project, "moon").line_total == 8


@pytest.mark.parametrize("words", ["ärger", "ÄRGER", "Ärger"])
def test_search_project_knows_capitals_beyond_a_to_z(words: str) -> None:
    world = World("VEX: ÄRGER.\nPIP: Kein Ärger?\nVEX: Viel ärger.\nPIP: arger")
    assert lines_of(world, words) == [0, 1, 2]


@pytest.mark.parametrize("words", ["%", "_", "\\\\", "'; --", "<b>"])
def test_search_project_takes_words_as_they_stand(words: str) -> None:
    assert lines_of(World(), words) == []


def test_search_project_finds_scenes_dialogues_and_characters() -> None:
    world = World()
    Boundary.objects.filter(pk=world.scene.pk).update(title="Roof", note="A cold night up there.")
    dialogue = world.dialogue()
    set_training_text(
        dialogue, actor=world.writer, revision=1, utterance=world.rows[0].pk, text="Zebra?"
    )
    found = search_project(world.project, "COLD")
    assert found.scenes == [(world.scene, Excerpt("A ", "cold", " night up there."))]
    assert [scene for scene, _ in search_project(world.project, "roof").scenes] == [world.scene]
    edited = search_project(world.project, "zebra").dialogues
    assert [row.dialogue for row, _ in edited] == [dialogue]
    remove_dialogue(dialogue, actor=world.writer, revision=2)
    assert search_project(world.project, "zebra").is_empty
    Character.objects.update(utterance_count=1)
    pip = Character.objects.get(name="PIP")
    assert search_project(world.project, "pi").characters == [(pip, pip)]


def test_search_project_stays_in_its_project_and_among_finished_imports() -> None:
    world = World()
    make_scene("PIP: moon", episode_number=7)
    assert lines_of(world, "moon") == [0, 3, 4]
    Script.objects.update(state=ScriptState.IMPORTING)
    assert lines_of(world, "moon") == []


def test_search_project_pages_lines() -> None:
    world = World("\n".join(f"VEX: again {n}" for n in range(LINES_A_PAGE + 3)))
    assert search_project(world.project, "again").has_more
    second = search_project(world.project, "again", page=2)
    assert (len(second.lines), second.has_more) == (3, False)


def test_excerpt_cuts_around_the_words() -> None:
    cut = excerpt(f"{'a' * 500} MOON {'b' * 500}", "moon")
    assert cut == Excerpt(f"…{'a' * 99} ", "MOON", f" {'b' * 99}…")


def test_search_page_links_to_the_place_and_never_shows_html() -> None:
    world = World("PIP: <b>moon</b>\nVEX: The moon.")
    Script.objects.update(utterance_count=2)
    client = Client()
    client.force_login(world.writer)
    address = reverse("search", args=[world.project.slug])
    with CaptureQueriesContext(
        connection,
    ) as one:
        page = client.get(address, {"q": "The moon"}).content.decode()
    with CaptureQueriesContext(connection) as two:
        both = client.get(address, {"q": "moon"}).content.decode()
    assert len(one) == len(two)
    assert f"/scenes/{world.episode.pk}/#u1" in page
    assert "2 lines searched" in page
    assert "&lt;b&gt;<mark>moon</mark>" in both


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({}, "Lines, scenes with their notes"),
        ({"q": ""}, "Type what you look for"),
        ({"q": "x"}, "at least two characters"),
        ({"q": "a\0b"}, "cannot be kept"),
        ({"q": "nowhere"}, "is nowhere in"),
        ({"q": "moon", "page": "99"}, "nothing on this page"),
    ],
)
def test_search_page_says_what_it_needs(query: dict[str, str], words: str) -> None:
    world = World()
    client = Client()
    client.force_login(world.writer)
    answer = client.get(reverse("search", args=[world.project.slug]), query)
    assert answer.status_code == HTTPStatus.OK
    assert words in answer.content.decode()


def test_the_bar_offers_search_to_those_who_read_scripts() -> None:
    world = World()
    address = reverse("search", args=[world.project.slug])
    for role, offered in ((Role.ANNOTATOR, True), (Role.TESTER, False)):
        client = Client()
        client.force_login(make_member(world.project, role))
        page = client.get(reverse("project", args=[world.project.slug])).content.decode()
        assert (f'href="{address}"' in page) == offered
