"""Blind layers at every door: what a colleague drew is nowhere before one's own submission."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from curation.domain.adjudication import take_majority
from curation.domain.scene_suggestions import run_speaker_model
from curation.enums import Role, SegmentationMode, SegmentationState
from curation.models import Project, Segmentation, SplitDecision, SuggestedBoundary, Utterance
from tests.curation.domain.layer_world import BlindWorld
from tests.factories import UserFactory, make_member

pytestmark = pytest.mark.django_db


def client_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def scenes(world: BlindWorld, path: str = "") -> str:
    return f"/p/{world.project.slug}/scenes/{path}"


def episode_url(world: BlindWorld, path: str = "") -> str:
    return scenes(world, f"{world.episode.pk}/{path}")


def send(client: Client, world: BlindWorld, **batch: Any) -> Any:
    return client.post(
        episode_url(world, "edits/"),
        batch,
        content_type="application/json",
        headers={"accept": "application/json"},
    )


@pytest.fixture
def world() -> BlindWorld:
    """Ada submitted scenes at lines 6 and 14 (positions 5 and 13); Ben has just begun."""
    world = BlindWorld()
    world.finish(world.ada, 5, 13)
    world.cut(world.ben, 9)
    return world


def test_the_reader_shows_ones_own_layer_only(world: BlindWorld) -> None:
    page = client_of(world.ben).get(episode_url(world)).content.decode()
    assert 'data-start="9"' in page
    assert 'data-start="5"' not in page
    assert 'data-start="13"' not in page
    assert 'data-layer="own"' in page
    assert "1 of 3 finished layers" in page
    assert "agreement/" not in page
    assert 'name="title"' not in page


def test_the_state_that_scripts_read_is_ones_own(world: BlindWorld) -> None:
    facts = client_of(world.ben).get(episode_url(world, "edits/")).json()
    assert [scene["position"] for scene in facts["scenes"]] == [0, 9]
    assert (facts["layer"], facts["revision"]) == ("own", 1)


def test_a_conflict_shows_ones_own_other_window_only(world: BlindWorld) -> None:
    answer = send(client_of(world.ben), world, revision=0, on=[3], layer="own")
    assert answer.status_code == HTTPStatus.CONFLICT
    assert [scene["position"] for scene in answer.json()["theirs"]["scenes"]] == [0, 9]


def test_edits_land_in_ones_own_layer(world: BlindWorld) -> None:
    answer = send(client_of(world.ben), world, revision=1, on=[3], layer="own")
    assert answer.json()["revision"] == 2
    assert world.starts(world.ben) == [0, 3, 9]
    assert world.starts(world.ada) == [0, 5, 13]


def test_an_edit_meant_for_other_scenes_is_refused(world: BlindWorld) -> None:
    answer = send(client_of(world.ben), world, revision=1, on=[3], layer="agreed")
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert answer.json()["error"]["code"] == "layer_closed"
    assert world.starts(world.ben) == [0, 9]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "agreement/"),
        ("get", "adjudication/"),
        ("post", "adjudication/decide/"),
        ("post", "adjudication/save/"),
        ("post", "adjudication/undo/"),
    ],
)
def test_comparing_is_closed_before_ones_own_submission(
    world: BlindWorld, method: str, path: str
) -> None:
    blind_reviewer = world.rex
    world.cut(blind_reviewer, 2)
    for person in (world.ben, world.cy, blind_reviewer):
        answer = getattr(client_of(person), method)(episode_url(world, path))
        assert answer.status_code == HTTPStatus.FORBIDDEN
    stranger, tester = UserFactory(), make_member(world.project, Role.TESTER)
    assert (
        getattr(client_of(stranger), method)(episode_url(world, path)).status_code
        == HTTPStatus.NOT_FOUND
    )
    assert (
        getattr(client_of(tester), method)(episode_url(world, path)).status_code
        == HTTPStatus.FORBIDDEN
    )


def test_the_refusal_says_what_opens_the_page(world: BlindWorld) -> None:
    page = client_of(world.ben).get(episode_url(world, "agreement/")).content.decode()
    assert "submitted your own layer" in page


def test_the_projects_agreement_leaves_out_closed_episodes(world: BlindWorld) -> None:
    world.finish(world.cy, 5)
    blind = client_of(world.ben).get(scenes(world, "agreement/")).content.decode()
    assert "1 episode closed to you" in blind
    assert "Boundary similarity" not in blind
    page = client_of(world.ada).get(scenes(world, "agreement/")).content.decode()
    assert "0.50" in page


def test_the_list_of_episodes_tells_how_many_finished_and_nothing_else(world: BlindWorld) -> None:
    page = client_of(world.ben).get(scenes(world)).content.decode()
    assert "1 of 3" in page
    own = page[page.index("<tbody>") : page.index("</tbody>")]
    assert own.count("in progress") == 1  # his own; the agreed layer is untouched
    assert "submitted" not in own


def test_the_list_leaves_layers_out_where_scenes_were_agreed_without_them(
    world: BlindWorld,
) -> None:
    Segmentation.objects.filter(episode=world.episode).delete()
    Segmentation.objects.create(episode=world.episode, state=SegmentationState.SUBMITTED)
    page = client_of(world.ben).get(scenes(world)).content.decode()
    own = page[page.index("<tbody>") : page.index("</tbody>")]
    assert "submitted" in own
    assert "untouched" not in own
    assert "of 3" not in own


def test_the_feed_tells_that_somebody_cut_and_never_where(world: BlindWorld) -> None:
    for path in ("activity/", ""):
        address = f"/p/{world.project.slug}/{path}"
        page = client_of(world.ben).get(address).content.decode()
        main = page[page.index("<main") : page.index("</main>")]
        assert "edited the scenes of" in main
        assert "[5, 13]" not in main
        assert "line 14" not in main


def test_suggestions_and_their_fates_are_not_shared(world: BlindWorld) -> None:
    run_speaker_model(world.episode, actor=world.cy, annotator=world.cy)
    offered = list(SuggestedBoundary.objects.all())
    assert offered
    page = client_of(world.ben).get(episode_url(world)).content.decode()
    assert "data-suggestion=" not in page.split("<template")[0]
    answer = send(client_of(world.ben), world, revision=1, dismissed=[offered[0].pk], layer="own")
    assert answer.status_code == HTTPStatus.OK
    offered[0].refresh_from_db()
    assert offered[0].state == "open"


def test_suggesting_serves_ones_own_layer(world: BlindWorld) -> None:
    answer = client_of(world.ben).post(episode_url(world, "suggest/"), follow=True)
    assert "The speakers suggest" in answer.content.decode()
    assert set(SuggestedBoundary.objects.values_list("run__layer__annotator", flat=True)) == {
        world.ben.pk
    }


def test_notes_wait_until_the_scenes_are_agreed(world: BlindWorld) -> None:
    answer = client_of(world.ben).post(
        episode_url(world, "notes/0/"), {"revision": 0, "title": "T", "text": ""}
    )
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "once the team has agreed" in answer.content.decode()


def test_submitting_opens_colleagues_layers_and_taking_back_closes_them(world: BlindWorld) -> None:
    client = client_of(world.ben)
    form = {"revision": 1, "layer": "own"}
    answer = client.post(episode_url(world, "submit/"), form)
    assert answer.status_code == HTTPStatus.FOUND
    page = client.get(episode_url(world, "agreement/"))
    assert page.status_code == HTTPStatus.OK
    assert "Take back" in client.get(episode_url(world)).content.decode()
    client.post(episode_url(world, "reopen/"), form)
    assert client.get(episode_url(world, "agreement/")).status_code == HTTPStatus.FORBIDDEN


def test_a_plain_form_edits_ones_own_layer_too(world: BlindWorld) -> None:
    form = {"revision": 1, "layer": "own", "start": 3}
    assert client_of(world.ben).post(episode_url(world), form).status_code == HTTPStatus.FOUND
    assert world.starts(world.ben) == [0, 3, 9]


def finish_three(world: BlindWorld) -> None:
    world.finish(world.cy, 5, 12)
    world.finish(world.rex, 6)


def test_the_agreement_page_shows_figures_votes_and_splits(world: BlindWorld) -> None:
    finish_three(world)
    page = client_of(world.ada).get(episode_url(world, "agreement/")).content.decode()
    assert "mean boundary similarity of 3 pairs" in page
    assert "Krippendorff" in page
    assert "windows of" in page
    assert page.count('class="split"') == 2
    assert "Line 6: 3 of 3 start a scene here, not all at the same line" in page
    assert 'data-position="5" data-votes="2"' in page
    assert "Annotator 2: line 6" in page
    assert "You" in page
    assert "Adjudicate" not in page
    assert "NaN" not in page


def test_managers_see_names_and_others_numbers(world: BlindWorld) -> None:
    finish_three(world)
    page = client_of(world.mina).get(episode_url(world, "agreement/")).content.decode()
    assert world.ada.username in page
    assert "Annotator 1" not in page
    assert "Adjudicate" in page


def test_undefined_figures_are_words(world: BlindWorld) -> None:
    page = client_of(world.ada).get(episode_url(world, "agreement/")).content.decode()
    assert "Agreement needs two finished layers" in page
    assert "NaN" not in page


def test_splits_are_decided_by_script_and_by_form(world: BlindWorld) -> None:
    finish_three(world)
    client = client_of(world.rex)
    url = episode_url(world, "adjudication/")
    assert 'value="5:1"' in client.get(url).content.decode()
    answer = client.post(f"{url}decide/", {"choice": "5:3"}, headers={"accept": "application/json"})
    assert answer.json() == {
        "undecided": 1,
        "decisions": [{"position": 5, "words": "Starts at line 7, as You"}],
    }
    assert client.post(f"{url}decide/", {"choice": "m"}).status_code == HTTPStatus.FOUND
    assert client.post(f"{url}save/").status_code == HTTPStatus.FOUND
    assert world.starts() == [0, 6, 12]
    assert SplitDecision.objects.filter(decided_by=world.rex).count() == 2
    assert "Undo the agreement" in client.get(url).content.decode()
    assert client.post(f"{url}undo/").status_code == HTTPStatus.FOUND
    assert world.starts() == [0]


@pytest.mark.parametrize("choice", ["", "x", "5", "5:0", "5:99", "-5:1", "999:1", "5:\0"])
def test_nonsense_is_refused_with_a_sentence(world: BlindWorld, choice: str) -> None:
    finish_three(world)
    url = episode_url(world, "adjudication/decide/")
    answer = client_of(world.mina).post(
        url, {"choice": choice}, headers={"accept": "application/json"}
    )
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert answer.json()["error"]["message"]


def test_saving_too_early_says_what_is_missing(world: BlindWorld) -> None:
    answer = client_of(world.mina).post(episode_url(world, "adjudication/save/"))
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "1 of 3 layers are finished" in answer.content.decode()


def test_after_the_agreement_the_reader_is_everybodys(world: BlindWorld) -> None:
    finish_three(world)
    take_majority(world.episode, actor=world.mina)
    client_of(world.mina).post(episode_url(world, "adjudication/save/"))
    page = client_of(world.ben).get(episode_url(world)).content.decode()
    assert 'data-layer="agreed"' in page
    late = send(client_of(world.ben), world, revision=1, on=[3], layer="own")
    assert late.json()["error"]["code"] == "layer_closed"
    assert world.starts(world.ben) == [0, 9]


def test_managers_choose_how_scenes_are_cut(world: BlindWorld) -> None:
    url = scenes(world, "cutting/")
    client = client_of(world.mina)
    assert client.get(url).status_code == HTTPStatus.OK
    assert client.post(url, {"mode": "shared", "annotators": 10}).status_code == 422
    client.post(url, {"mode": "shared", "annotators": 2})
    project = Project.objects.get(pk=world.project.pk)
    assert (project.segmentation_mode, project.annotators_per_episode) == (
        SegmentationMode.SHARED,
        2,
    )
    assert client_of(world.ada).get(url).status_code == HTTPStatus.FORBIDDEN


def test_text_of_people_and_files_is_escaped(world: BlindWorld) -> None:
    attack = "<script>alert(1)</script>"
    Utterance.objects.filter(position=5).update(text=attack)
    world.ada.first_name = attack
    world.ada.save()
    finish_three(world)
    for path in ("agreement/", "adjudication/"):
        page = client_of(world.mina).get(episode_url(world, path)).content.decode()
        assert attack not in page
        assert "&lt;script&gt;" in page


def test_pages_cost_the_same_queries_with_one_layer_and_with_three(world: BlindWorld) -> None:
    client = client_of(world.mina)
    urls = [episode_url(world, "agreement/"), episode_url(world, "adjudication/")]
    urls.append(scenes(world, "agreement/"))

    def counts() -> list[int]:
        found = []
        for url in urls:
            with CaptureQueriesContext(
                connection,
            ) as queries:
                client.get(url)
            found.append(len(queries))
        return found

    before = counts()
    finish_three(world)
    assert counts() == before
