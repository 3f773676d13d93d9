"""The reader's doors: who may, what a form or a script gets back, how many queries it costs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from curation.domain.notes import save_note
from curation.domain.scene_submission import reopen_scenes
from curation.domain.scene_suggestions import run_speaker_model
from curation.domain.suggester_scores import score_suggesters
from curation.enums import Role, ScriptState, SegmentationState, Suggester
from curation.models import (
    Boundary,
    Character,
    ContextNote,
    Segmentation,
    SuggestedBoundary,
    SuggestionRun,
    Utterance,
)
from tests.curation.domain.dialogue_world import World
from tests.cutting import set_boundary
from tests.factories import UserFactory, make_member, make_scene

pytestmark = pytest.mark.django_db

NAMES = "RMRMRMBJBJBJRMRM"


class Desk:
    """An episode of sixteen lines and its annotator, signed in."""

    def __init__(self, role: Role = Role.ANNOTATOR) -> None:
        self.scene = make_scene("\n".join(f"{name}: Words." for name in NAMES), target="R")
        self.episode = self.scene.segmentation.episode
        self.project = self.episode.script.project
        self.person = make_member(self.project, role)
        self.client = Client()
        self.client.force_login(self.person)
        self.url = f"/p/{self.project.slug}/scenes/{self.episode.pk}/"

    def send(self, **batch: Any) -> Any:
        return self.client.post(
            f"{self.url}edits/",
            batch,
            content_type="application/json",
            headers={"accept": "application/json"},
        )

    def starts(self) -> list[int]:
        return list(
            Boundary.objects.filter(is_active=True)
            .order_by("utterance__position")
            .values_list("utterance__position", flat=True)
        )


ROUTES = [
    ("get", ""),
    ("post", ""),
    ("get", "edits/"),
    ("post", "edits/"),
    ("post", "suggest/"),
    ("post", "submit/"),
    ("post", "reopen/"),
    ("get", "notes/0/"),
    ("post", "notes/0/"),
    ("post", "notes/0/restore/"),
    ("get", "../"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_door_is_closed_to_strangers_and_testers(method: str, path: str) -> None:
    desk = Desk()
    url = desk.url.rsplit("/", 2)[0] + "/" if path == "../" else desk.url + path
    stranger, tester = Client(), Client()
    stranger.force_login(UserFactory())
    tester.force_login(make_member(desk.project, Role.TESTER))
    assert getattr(stranger, method)(url).status_code == HTTPStatus.NOT_FOUND
    assert getattr(tester, method)(url).status_code == HTTPStatus.FORBIDDEN
    nobody = getattr(Client(), method)(url)
    assert nobody.status_code == HTTPStatus.FOUND
    assert "/accounts/login/" in nobody["location"]


def test_an_episode_of_another_project_is_not_found() -> None:
    desk, other = Desk(), Desk()
    url = f"/p/{desk.project.slug}/scenes/{other.episode.pk}/"
    assert desk.client.get(url).status_code == HTTPStatus.NOT_FOUND
    assert desk.client.post(f"{url}edits/").status_code == HTTPStatus.NOT_FOUND


def test_an_episode_that_is_not_imported_is_not_found() -> None:
    desk = Desk()
    script = desk.episode.script
    script.state = ScriptState.IMPORTING
    script.save()
    assert desk.client.get(desk.url).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("role", [Role.ANNOTATOR, Role.REVIEWER, Role.MANAGER])
def test_those_who_work_on_scenes_may_read_and_cut(role: Role) -> None:
    desk = Desk(role)
    assert desk.client.get(desk.url).status_code == HTTPStatus.OK
    assert desk.send(revision=0, on=[3]).json()["revision"] == 1
    assert desk.starts() == [0, 3]


def test_the_page_escapes_what_people_and_files_wrote() -> None:
    desk = Desk()
    attack = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    Utterance.objects.filter(position=0).update(text=attack)
    Character.objects.filter(name="M").update(name=attack)
    save_note(
        desk.episode, position=0, title=attack[:150], text=attack, revision=0, author=desk.person
    )
    run_speaker_model(desk.episode, actor=desk.person, scenes=3)
    page = desk.client.get(desk.url).content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    note = desk.client.get(f"{desk.url}notes/0/").content.decode()
    assert "<script>alert" not in note


def test_reading_writes_nothing() -> None:
    desk = Desk()
    Segmentation.objects.all().delete()
    for path in ("", "edits/", "notes/0/"):
        assert desk.client.get(desk.url + path).status_code == HTTPStatus.OK
    assert Segmentation.objects.count() == 0


def queries_of(desk: Desk, url: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert desk.client.get(url).status_code == HTTPStatus.OK
    return len(captured)


def test_the_reader_costs_the_same_queries_with_more_of_everything() -> None:
    desk = Desk()
    few = queries_of(desk, desk.url)
    for revision, position in enumerate((3, 6, 9)):
        set_boundary(desk.episode, position=position, revision=revision, actor=desk.person)
    run_speaker_model(desk.episode, actor=desk.person, scenes=7)
    assert SuggestedBoundary.objects.count() >= 3
    more = queries_of(desk, desk.url)
    assert more <= few + 1  # the suggestions of a run are read only if there is a run


def test_the_list_of_episodes_costs_the_same_queries_with_three() -> None:
    desk = Desk()
    url = f"/p/{desk.project.slug}/scenes/"
    one = queries_of(desk, url)
    for number in (2, 3):
        scene = make_scene("R: A.\nM: B.", project=desk.project, episode_number=number)
        set_boundary(scene.segmentation.episode, position=1, revision=0, actor=desk.person)
    assert queries_of(desk, url) == one


def test_the_list_of_episodes_filters_by_title_code_and_state() -> None:
    desk = Desk()
    scene = make_scene("R: A.\nM: B.", project=desk.project, episode_number=2)
    set_boundary(scene.segmentation.episode, position=1, revision=0, actor=desk.person)
    url = f"/p/{desk.project.slug}/scenes/"

    def found(query: str) -> list[str]:
        page = desk.client.get(url + query).context["page"]
        return [episode.code for episode in page.object_list]

    assert found("") == ["S1E1", "S1E2"]
    assert found("?state=untouched") == ["S1E1"]
    assert found("?state=in_progress") == ["S1E2"]
    assert found("?q=s1e2") == ["S1E2"]
    assert found("?q=S1") == ["S1E1", "S1E2"]
    assert found("?q=episode&state=submitted") == []
    assert "No episode like this" in desk.client.get(url + "?q=xyz").content.decode()


def test_edits_answer_with_the_new_revision_and_the_scenes_made() -> None:
    desk = Desk()
    answer = desk.send(revision=0, on=[3, 6]).json()
    assert (answer["revision"], answer["state"]) == (1, "in_progress")
    assert [scene["position"] for scene in answer["scenes"]] == [3, 6]
    facts = desk.client.get(f"{desk.url}edits/").json()
    assert (facts["revision"], facts["by"]) == (1, desk.person.username)
    assert [scene["position"] for scene in facts["scenes"]] == [0, 3, 6]


def test_a_stale_batch_gets_409_with_theirs() -> None:
    desk = Desk()
    set_boundary(desk.episode, position=9, revision=0, actor=desk.person)
    answer = desk.send(revision=0, on=[3])
    assert answer.status_code == HTTPStatus.CONFLICT
    body = answer.json()
    assert body["error"]["code"] == "stale_scenes"
    assert [scene["position"] for scene in body["theirs"]["scenes"]] == [0, 9]
    assert desk.starts() == [0, 9]


def test_a_boundary_in_a_dialogue_gets_422_with_a_sentence() -> None:
    world = World()
    world.dialogue(0, 3)
    client = Client()
    client.force_login(world.writer)
    answer = client.post(
        f"/p/{world.project.slug}/scenes/{world.episode.pk}/edits/",
        {"revision": 0, "on": [2]},
        content_type="application/json",
    )
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert answer.json()["error"]["code"] == "cuts_dialogue"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"revision": -1}',
        b'{"revision": 0, "on": "3"}',
        b'{"revision": 0, "on": [true]}',
        b'{"revision": 0, "on": [-1]}',
        b'{"revision": 0, "on": [1e9]}',
        b'{"revision": 0, "on": [99999999999999999999999]}',
        b"[" * 5000,
        b"\xff",
    ],
)
def test_a_batch_that_is_none_gets_422_and_writes_nothing(body: bytes) -> None:
    desk = Desk()
    answer = desk.client.post(f"{desk.url}edits/", body, content_type="application/json")
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert answer.json()["error"]["message"]
    assert desk.starts() == [0]


def test_a_batch_needs_the_token_of_the_page() -> None:
    desk = Desk()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(desk.person)
    answer = strict.post(
        f"{desk.url}edits/", {"revision": 0, "on": [3]}, content_type="application/json"
    )
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert desk.starts() == [0]


def test_suggestions_of_another_episode_are_left_alone() -> None:
    desk, other = Desk(), Desk()
    run_speaker_model(other.episode, actor=other.person, scenes=3)
    theirs = SuggestedBoundary.objects.first()
    assert theirs is not None
    desk.send(revision=0, dismissed=[theirs.pk], accepted=[theirs.pk], on=[5])
    theirs.refresh_from_db()
    assert theirs.state == "open"
    assert Boundary.objects.get(
        segmentation__episode=desk.episode, utterance__position=5
    ).origin == ("person")


def test_plain_forms_start_join_accept_and_dismiss() -> None:
    desk = Desk()
    pressed = desk.client.post(desk.url, {"revision": 0, "start": 3})
    assert pressed["location"].endswith("#u3")
    desk.client.post(desk.url, {"revision": 1, "join": 3})
    assert desk.starts() == [0]
    desk.client.post(f"{desk.url}suggest/", {"scenes": 3})
    offers = list(SuggestedBoundary.objects.filter(is_proposed=True))
    desk.client.post(desk.url, {"revision": 2, "accept": offers[0].pk})
    assert len(desk.starts()) == 2
    desk.client.post(desk.url, {"revision": 3, "dismiss": offers[1].pk})
    offers[1].refresh_from_db()
    assert offers[1].state == "dismissed"


def test_a_stale_plain_form_shows_the_page_with_the_sentence() -> None:
    desk = Desk()
    set_boundary(desk.episode, position=9, revision=0, actor=desk.person)
    answer = desk.client.post(desk.url, {"revision": 0, "start": 3})
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "changed these scenes" in answer.content.decode()
    assert desk.client.post(desk.url, {"start": "x"}).status_code == HTTPStatus.UNPROCESSABLE_ENTITY


def test_submit_opens_the_next_waiting_episode_then_the_list() -> None:
    desk = Desk()
    scene = make_scene("R: A.\nM: B.", project=desk.project, episode_number=2)
    second = scene.segmentation.episode
    answer = desk.client.post(f"{desk.url}submit/", {"revision": 0})
    assert answer["location"] == f"/p/{desk.project.slug}/scenes/{second.pk}/"
    again = desk.client.post(f"{desk.url}submit/", {"revision": 0})
    assert again.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    last = desk.client.post(f"/p/{desk.project.slug}/scenes/{second.pk}/submit/", {"revision": 0})
    assert last["location"] == f"/p/{desk.project.slug}/scenes/"
    desk.client.post(f"{desk.url}reopen/", {"revision": 0})
    assert Segmentation.objects.get(episode=desk.episode).state == SegmentationState.IN_PROGRESS


def test_a_note_is_saved_as_json_or_form_and_a_stale_one_shows_theirs() -> None:
    desk = Desk()
    url = f"{desk.url}notes/0/"
    saved = desk.client.post(
        url,
        {"title": "Kitchen", "text": "Morning.", "revision": 0},
        content_type="application/json",
        headers={"accept": "application/json"},
    )
    assert saved.json() == {"title": "Kitchen", "text": "Morning.", "revision": 1}
    stale = desk.client.post(
        url,
        {"title": "Cellar", "text": "", "revision": 0},
        content_type="application/json",
        headers={"accept": "application/json"},
    )
    assert stale.status_code == HTTPStatus.CONFLICT
    assert stale.json()["theirs"]["title"] == "Kitchen"
    form = desk.client.post(url, {"title": "Cellar", "text": "", "revision": 0})
    assert form.status_code == HTTPStatus.CONFLICT
    page = form.content.decode()
    assert "Saved meanwhile" in page
    assert 'value="Cellar"' in page
    assert 'name="revision" value="1"' in page
    desk.client.post(url, {"title": "Cellar", "text": "", "revision": 1})
    assert list(ContextNote.objects.values_list("title", flat=True)) == ["Cellar", "Kitchen"]
    desk.client.post(f"{url}restore/", {"revision": 2, "restored": 1})
    assert Boundary.objects.get().title == "Kitchen"


def test_a_note_of_no_scene_is_not_found_and_a_long_one_refused() -> None:
    desk = Desk()
    assert desk.client.get(f"{desk.url}notes/5/").status_code == HTTPStatus.NOT_FOUND
    long = desk.client.post(
        f"{desk.url}notes/0/",
        {"title": "x" * 201, "text": "", "revision": 0},
        content_type="application/json",
        headers={"accept": "application/json"},
    )
    assert long.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert ContextNote.objects.count() == 0


def test_asking_for_scenes_says_what_was_found() -> None:
    desk = Desk()
    page = desk.client.post(f"{desk.url}suggest/", {"scenes": 4}, follow=True)
    assert "The speakers suggest" in page.content.decode()
    wrong = desk.client.post(f"{desk.url}suggest/", {"scenes": 0})
    assert wrong.status_code == HTTPStatus.UNPROCESSABLE_ENTITY


def test_a_submission_that_comes_twice_is_made_once() -> None:
    desk = Desk()
    desk.send(revision=0, on=[4])

    def submit(key: str, *, revision: int = 1) -> Any:
        values = {"revision": revision, "layer": "agreed", "client_key": key, "stays": "on"}
        return desk.client.post(
            f"{desk.url}submit/", values, headers={"accept": "application/json"}
        )

    first = submit("one press").json()
    assert first["state"] == "submitted"
    assert first["words"].endswith("is submitted. Left as they are: 2 scenes without a title.")
    reopen_scenes(desk.episode, revision=1, actor=desk.person)
    again = submit("one press")  # its answer was lost; a colleague had it open again meanwhile
    assert (again.status_code, again.json()["state"]) == (HTTPStatus.OK, "in_progress")
    desk.send(revision=1, on=[6])
    stale = submit("another press")
    assert stale.status_code == HTTPStatus.CONFLICT
    assert [one["position"] for one in stale.json()["theirs"]["scenes"]] == [0, 4, 6]
    assert submit("another press", revision=2).json()["state"] == "submitted"


def test_a_suggested_title_is_taken_as_it_was_left() -> None:
    desk = Desk()
    run = SuggestionRun.objects.create(episode=desk.episode, suggester=Suggester.LLM)
    as_is, over, plain = (
        SuggestedBoundary.objects.create(
            run=run,
            utterance=Utterance.objects.get(episode=desk.episode, position=position),
            title=f"Draft {position}",
            probability=1,
            is_proposed=True,
        )
        for position in (4, 8, 12)
    )
    titles = {str(as_is.pk): "Draft 4", str(over.pk): "The cellar", "999": "Nobody's"}
    sent = desk.send(revision=0, on=[4, 8], accepted=[as_is.pk, over.pk], titles=titles)
    assert sent.status_code == HTTPStatus.OK
    form = {"revision": 1, "accept": plain.pk, f"title-{plain.pk}": "The roof"}
    assert desk.client.post(desk.url, form).status_code == HTTPStatus.FOUND
    states = SuggestedBoundary.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["accepted", "edited", "edited"]
    found = Boundary.objects.exclude(utterance__position=0).order_by("utterance__position")
    assert [one.title for one in found] == ["Draft 4", "The cellar", "The roof"]
    [score] = score_suggesters(desk.project).suggesters
    assert (score.scenes.accepted, score.scenes.edited, score.scenes.dismissed) == (1, 2, 0)
    for wrong in ({"x": "y"}, ["y"], {"1": "\0"}, {"1": "y" * 201}):
        assert desk.send(revision=2, titles=wrong).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
