"""Requests to language models: asked once, validated, counted, capped, stopped and asked again."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from curation.domain.note_drafts import accept_note_draft
from curation.enums import NoteDraftState, SegmentationMode, Suggester
from curation.models import NoteDraft, SuggestionRun
from curation.queries.scenes import open_suggestions
from rickproject.config import get_config
from tests.contract.fault_server import DROPPED_AFTER, HTML, KEY, Fault, FaultServer, refusal
from tests.training.suggestions_world import (
    MODEL,
    agreed_episode,
    make_episode,
    run,
    says,
    scenes,
    use_suggestions,
)
from training.domain.suggestion_limits import SuggestionLimitError, spending_of
from training.domain.suggestion_turns import advance_request
from training.domain.suggestions import (
    SuggestionError,
    ask_again,
    ask_for_notes,
    ask_for_scenes,
    missing_for_suggestions,
    stop_request,
)
from training.enums import PartState, RequestState
from training.models import ModelPrice, SuggestionPart, SuggestionRequest

pytestmark = pytest.mark.django_db
NOTE = {"title": "The cellar", "note": "Vex waits in the cellar. Pip comes down."}


def set_price(*, given: str = "10", made: str = "20") -> None:
    ModelPrice.objects.create(
        provider="suggestions",
        model=MODEL,
        input_usd_per_million_tokens=Decimal(given),
        output_usd_per_million_tokens=Decimal(made),
        as_of=date(2026, 11, 1),
        source="a contract",
    )


@pytest.fixture(autouse=True)
def _configured(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    use_suggestions(server, monkeypatch)


def test_ask_for_scenes_keeps_suggestions_with_their_provenance_and_cost(
    server: FaultServer,
) -> None:
    episode = make_episode()
    set_price()
    says(server, scenes(1, 5, 9))
    request = run(ask_for_scenes(episode, actor=episode.script.project.created_by))
    assert request.state == RequestState.SUCCEEDED
    made = SuggestionRun.objects.get()
    assert (made.suggester, made.model_name) == (Suggester.LLM, MODEL)
    offered = open_suggestions(episode)
    assert [(one.utterance.position, one.title) for one in offered] == [
        (4, "Scene at 5"),
        (8, "Scene at 9"),
    ]
    part = request.parts.get()
    assert (part.input_tokens, part.output_tokens) == (9, 3)
    assert part.cost_usd == Decimal("0.000150")
    assert spending_of(request.project).usd == Decimal("0.000150")
    asked = server.received[-1].json()
    assert asked["response_format"]["json_schema"]["strict"] is True
    assert server.count("chat") == 1


def test_scenes_of_a_blind_episode_go_to_the_own_layer_only(server: FaultServer) -> None:
    episode = make_episode()
    project = episode.script.project
    project.segmentation_mode = SegmentationMode.BLIND
    project.save()
    says(server, scenes(5))
    run(ask_for_scenes(episode, actor=project.created_by))
    assert open_suggestions(episode) == []
    assert len(open_suggestions(episode, annotator=project.created_by)) == 1
    with pytest.raises(SuggestionError, match="agreed"):
        ask_for_notes(episode, actor=project.created_by)


def test_long_episode_is_asked_in_parts_that_overlap(server: FaultServer) -> None:
    episode = make_episode(300)
    says(server, scenes(1, 140, 165), scenes(131, 140, 160, 290))
    request = run(ask_for_scenes(episode, actor=episode.script.project.created_by))
    assert request.state == RequestState.SUCCEEDED, request.error_detail
    assert [(part.first, part.last) for part in request.parts.all()] == [(0, 169), (130, 299)]
    found = [one.utterance.position for one in open_suggestions(episode)]
    assert found == [139, 159, 289]


def test_ask_is_refused_when_nothing_is_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    episode = make_episode()
    monkeypatch.setattr(get_config(), "suggestion_url", "")
    assert "RICK_SUGGESTION_URL" in missing_for_suggestions()
    with pytest.raises(SuggestionError, match="RICK_SUGGESTION_URL"):
        ask_for_scenes(episode, actor=episode.script.project.created_by)
    assert not SuggestionRequest.objects.exists()


def test_ask_twice_with_one_key_or_while_it_runs_asks_once() -> None:
    episode = make_episode()
    actor = episode.script.project.created_by
    first = ask_for_scenes(episode, actor=actor, client_key="k")
    assert ask_for_scenes(episode, actor=actor, client_key="k") == first
    with pytest.raises(SuggestionError, match="already"):
        ask_for_scenes(episode, actor=actor, client_key="other")


def test_server_that_ignores_or_refuses_the_form_is_read_just_as_strictly(
    server: FaultServer,
) -> None:
    episode = make_episode()
    server.fail(
        "chat",
        refusal(400, None, "response_format is not supported"),
        refusal(400, None, "Use max_completion_tokens instead of max_tokens."),
    )
    says(server, '```json\n{"scenes": [{"line": 5, "title": "Attic"}]}\n```')
    request = run(ask_for_scenes(episode, actor=episode.script.project.created_by))
    assert request.state == RequestState.SUCCEEDED, request.error_detail
    asked = server.received[-1].json()
    assert "response_format" not in asked
    assert asked["max_completion_tokens"]
    assert "max_tokens" not in asked


@pytest.mark.parametrize(
    "answer", [scenes(99), {"scenes": []}, "no", scenes(5, 5)], ids=["unknown", "none", "x", "two"]
)
def test_invalid_answer_is_refused_whole_and_still_counted(
    server: FaultServer, answer: object
) -> None:
    episode = make_episode()
    says(server, answer)
    request = run(ask_for_scenes(episode, actor=episode.script.project.created_by))
    assert request.state == RequestState.FAILED
    assert "refused" in request.error_detail
    assert not SuggestionRun.objects.exists()
    assert spending_of(request.project).tokens == 12
    says(server, scenes(5))
    again = run(ask_again(request, actor=request.created_by))
    assert again.state == RequestState.SUCCEEDED
    assert spending_of(request.project).tokens == 24


def test_answer_that_was_cut_off_is_refused(server: FaultServer) -> None:
    episode = make_episode()
    server.state.finish_reason = "length"
    says(server, scenes(5))
    request = run(ask_for_scenes(episode, actor=episode.script.project.created_by))
    assert "cut off" in request.error_detail


@pytest.mark.parametrize(
    "fault",
    [DROPPED_AFTER, refusal(500, None), refusal(504, None), HTML, Fault(status=200, body=b'{"cho')],
    ids=["dropped", "500", "504", "html", "cut"],
)
def test_doubt_is_left_to_a_person_and_never_asked_twice_by_itself(
    server: FaultServer, fault: Fault
) -> None:
    episode = make_episode()
    server.fail("chat", fault)
    says(server, scenes(5))
    request = run(ask_for_scenes(episode, actor=episode.script.project.created_by))
    assert request.state == RequestState.NEEDS_ATTENTION
    assert "Ask again" in request.error_detail
    assert not advance_request(request)
    assert server.count("chat") == 1
    reserved = spending_of(request.project).tokens
    assert reserved > 4000
    again = run(ask_again(request, actor=request.created_by))
    assert again.state == RequestState.SUCCEEDED
    assert server.count("chat") == 2
    assert spending_of(request.project).tokens == reserved + 12


def test_hang_is_a_doubt(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    import httpx2

    from training.providers import suggestions as provider

    episode = make_episode()
    short = provider.SuggestionServer(
        server.base_url, KEY, MODEL, timeout=httpx2.Timeout(0.2, connect=5.0)
    )
    monkeypatch.setattr("training.domain.suggestion_turns._server", lambda: short)
    server.fail("chat", Fault(accepts=True, seconds=1.0))
    request = run(ask_for_scenes(episode, actor=episode.script.project.created_by))
    assert request.state == RequestState.NEEDS_ATTENTION


def test_busy_server_is_asked_later_and_not_for_ever(server: FaultServer) -> None:
    episode = make_episode()
    busy = refusal(429, "rate_limit_exceeded", retry_after="90")
    server.fail("chat", busy, busy, busy, busy)
    request = run(ask_for_scenes(episode, actor=episode.script.project.created_by))
    assert request.state == RequestState.RUNNING
    assert request.next_try_at
    assert request.next_try_at > timezone.now() + timedelta(seconds=60)
    assert not advance_request(request)
    for _ in range(3):
        SuggestionRequest.objects.update(next_try_at=None)
        request = run(request)
    assert request.state == RequestState.FAILED
    assert "4 times" in request.error_detail
    assert server.count("chat") == 4
    assert spending_of(request.project).tokens == 0


def test_question_under_way_when_the_worker_died_is_in_doubt(server: FaultServer) -> None:
    episode = make_episode()
    request = ask_for_scenes(episode, actor=episode.script.project.created_by)
    SuggestionRequest.objects.update(
        state=RequestState.RUNNING, lease_owner="gone", lease_until=timezone.now()
    )
    SuggestionPart.objects.update(state=PartState.SENT)
    request = run(request)
    assert request.state == RequestState.NEEDS_ATTENTION
    assert server.count("chat") == 0
    stopped = stop_request(request, actor=request.created_by)
    assert stopped.state == RequestState.CANCELLED


def test_refused_key_is_told_without_the_key(
    server: FaultServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    episode = make_episode()
    server.fail("chat", refusal(401, "invalid_api_key", f"Incorrect API key provided: {KEY}"))
    request = run(ask_for_scenes(episode, actor=episode.script.project.created_by))
    assert request.state == RequestState.FAILED
    assert "RICK_SUGGESTION_KEY" in request.error_detail
    rows = repr([*SuggestionRequest.objects.values(), *SuggestionPart.objects.values()])
    assert KEY not in rows
    assert KEY not in caplog.text
    assert spending_of(request.project).tokens == 0


def test_limits_refuse_before_anything_is_sent(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    episode = make_episode()
    actor = episode.script.project.created_by
    monkeypatch.setattr(get_config(), "suggestion_budget_usd", Decimal("0.01"))
    with pytest.raises(SuggestionLimitError, match="price"):
        ask_for_scenes(episode, actor=actor)
    set_price()
    with pytest.raises(SuggestionLimitError, match="could cost"):
        ask_for_scenes(episode, actor=actor)
    monkeypatch.setattr(get_config(), "suggestion_budget_usd", None)
    monkeypatch.setattr(get_config(), "suggestion_tokens", 100)
    with pytest.raises(SuggestionLimitError, match="RICK_SUGGESTION_TOKENS"):
        ask_for_scenes(episode, actor=actor)
    assert not SuggestionRequest.objects.exists()
    assert server.count("chat") == 0


def test_stop_gives_back_what_was_not_asked() -> None:
    episode = make_episode(300)
    request = ask_for_scenes(episode, actor=episode.script.project.created_by)
    assert spending_of(request.project).tokens > 8000
    stop_request(request, actor=request.created_by)
    assert spending_of(request.project).tokens == 0
    assert not advance_request(request)
    with pytest.raises(SuggestionError, match="already"):
        stop_request(request, actor=request.created_by)


def test_notes_are_drafts_that_know_the_scenes_before(server: FaultServer) -> None:
    episode = agreed_episode(4, 8)
    actor = episode.script.project.created_by
    says(server, NOTE, {"title": "Attic", "note": "<b>bold</b>"}, NOTE)
    request = run(ask_for_notes(episode, actor=actor))
    assert request.state == RequestState.SUCCEEDED
    assert "1 of 3 answers were refused" in request.error_detail
    drafts = list(NoteDraft.objects.filter(state=NoteDraftState.OPEN))
    assert [draft.scene.utterance.position for draft in drafts] == [0, 8]
    assert all(draft.scene.note == "" for draft in drafts)
    third = server.received[-1].json()["messages"][1]["content"]
    assert NOTE["note"] in third
    accept_note_draft(drafts[0], episode=episode, actor=actor, revision=0)
    accept_note_draft(drafts[1], episode=episode, actor=actor, revision=0, text="Another.")
    states = [draft.state for draft in NoteDraft.objects.order_by("pk")]
    assert states == [NoteDraftState.ACCEPTED, NoteDraftState.EDITED]


def test_notes_ask_for_one_scene_only_when_named(server: FaultServer) -> None:
    episode = agreed_episode(4, 8)
    says(server, NOTE)
    run(ask_for_notes(episode, actor=episode.script.project.created_by, position=4))
    assert NoteDraft.objects.get().scene.utterance.position == 4
    with pytest.raises(SuggestionError, match="no such scene"):
        ask_for_notes(episode, actor=episode.script.project.created_by, position=5)
