"""The pages of suggestions: asking, deciding on drafts, scores; each only for whom it concerns."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from curation.domain.note_drafts import keep_note_draft
from curation.domain.speaker_learnings import learn_from_project
from curation.enums import NoteDraftState, Role
from curation.models import Boundary, Episode, NoteDraft, Project
from tests.contract.fault_server import KEY, FaultServer
from tests.factories import (
    MembershipFactory,
    SuggestionRequestFactory,
    make_agreed_project,
    make_member,
)
from tests.training.suggestions_world import (
    MODEL,
    agreed_episode,
    make_episode,
    run,
    says,
    scenes,
    use_suggestions,
)
from training.enums import RequestState
from training.models import ModelPrice, SuggestionRequest

pytestmark = pytest.mark.django_db


def browser(episode: Episode) -> Client:
    client = Client()
    client.force_login(episode.script.project.created_by)
    return client


def address(name: str, episode: Episode, *more: int) -> str:
    return reverse(name, args=[episode.script.project.slug, episode.pk, *more])


def drafts_of(episode: Episode) -> list[NoteDraft]:
    actor = episode.script.project.created_by
    return [
        keep_note_draft(scene, title="Yard", text="It rains.", model_name=MODEL, asked_by=actor)
        for scene in Boundary.objects.filter(segmentation__episode=episode)
    ]


def test_page_says_what_to_set_and_has_no_button_that_fails() -> None:
    episode = make_episode()
    page = browser(episode).get(address("suggestions", episode)).content.decode()
    assert "RICK_SUGGESTION_URL" in page
    assert "Ask for scenes" not in page


def test_page_shows_the_price_before_and_the_cost_after(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_suggestions(server, monkeypatch)
    episode = make_episode()
    client = browser(episode)
    url = address("suggestions", episode)
    assert "price is not known" in client.get(url).content.decode()
    ModelPrice.objects.create(
        provider="suggestions",
        model=MODEL,
        input_usd_per_million_tokens=Decimal(10),
        output_usd_per_million_tokens=Decimal(20),
        as_of=date(2026, 11, 1),
        source="a contract",
    )
    assert "1 Nov 2026" in client.get(url).content.decode()
    asked = client.post(address("suggestions_ask", episode), {"kind": "scenes"})
    assert asked.status_code == 302
    live = client.get(address("suggestions_status", episode))
    assert "hx-get" in live.content.decode()
    says(server, scenes(5))
    run(SuggestionRequest.objects.get())
    over = client.get(address("suggestions_status", episode))
    assert over["HX-Refresh"] == "true"
    page = client.get(url).content.decode()
    assert "$0.0002" in page
    assert KEY not in page
    reader = client.get(address("reader", episode)).content.decode()
    assert "Scene at 5" in reader
    assert MODEL in reader
    scores = client.get(reverse("suggesters", args=[episode.script.project.slug]))
    assert MODEL in scores.content.decode()


def test_drafts_are_accepted_changed_refused_and_stay_apart_until_then() -> None:
    episode = agreed_episode(4, 8)
    client = browser(episode)
    one, two, three = drafts_of(episode)
    page = client.get(address("suggestions", episode)).content.decode()
    assert page.count("Draft by house-model") == 3
    url = address("note_drafts_decide", episode)
    left = {"draft": one.pk, "revision": 0, "title": "Yard", "text": "It snows.", "accept": "1"}
    assert client.post(url, left).status_code == 302
    assert client.post(url, left).status_code == 404
    assert client.post(url, left | {"draft": two.pk, "dismiss": "1"}).status_code == 302
    assert client.post(url, {"shown": f"{three.pk}:0"}).status_code == 302
    assert client.post(url, {"shown": "x"}).status_code == 422
    states = list(NoteDraft.objects.order_by("pk").values_list("state", flat=True))
    assert states == [NoteDraftState.EDITED, NoteDraftState.DISMISSED, NoteDraftState.ACCEPTED]
    notes = list(Boundary.objects.order_by("pk").values_list("note", flat=True))
    assert notes == ["It snows.", "", "It rains."]
    history = client.get(address("scene_note", episode, 0)).content.decode()
    assert "from a draft by house-model, changed" in history


def test_draft_for_a_note_written_meanwhile_stays_open() -> None:
    episode = agreed_episode()
    (draft,) = drafts_of(episode)
    Boundary.objects.update(note="Mine.", note_revision=1)
    client = browser(episode)
    values = {"draft": draft.pk, "revision": 0, "title": "Yard", "text": "x", "accept": "1"}
    assert client.post(address("note_drafts_decide", episode), values).status_code == 409
    draft.refresh_from_db()
    assert draft.state == NoteDraftState.OPEN


def test_request_for_a_colleagues_own_layer_is_not_there_for_others() -> None:
    episode = make_episode()
    project = episode.script.project
    colleague = make_member(project, Role.ANNOTATOR)
    theirs = SuggestionRequestFactory(
        episode=episode, annotator=colleague, state=RequestState.NEEDS_ATTENTION
    )
    client = browser(episode)
    assert client.post(address("suggestion_stop", episode, theirs.pk)).status_code == 404
    assert client.post(address("suggestion_again", episode, theirs.pk)).status_code == 404
    assert "Asked so far" not in client.get(address("suggestions", episode)).content.decode()


def test_suggesters_page_asks_as_much_for_more_episodes(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    def asked(project: Project) -> int:
        MembershipFactory(project=project, user=project.created_by, role=Role.MANAGER)
        learn_from_project(project)
        client = Client()
        client.force_login(project.created_by)
        with django_assert_max_num_queries(40) as found:
            page = client.get(reverse("suggesters", args=[project.slug]))
        assert page.status_code == 200
        return len(found)

    assert asked(make_agreed_project(4)) == asked(make_agreed_project(5))
