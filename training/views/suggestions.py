"""What a language model may be asked about an episode, how it answers, and its drafted notes."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from curation.access import signed_in
from curation.access.scenes import annotated_episode
from curation.domain.note_drafts import (
    accept_note_draft,
    accept_note_drafts,
    dismiss_note_draft,
)
from curation.errors import StaleRevisionError
from curation.models import Episode
from curation.queries.layers import cuts_blind
from curation.queries.note_drafts import open_note_drafts
from curation.queries.scenes import open_suggestions
from rickproject.config import get_config
from rickproject.lib.errors import RickError
from rickproject.lib.numbers import counted
from training.access.suggestions import episode_draft, episode_request
from training.domain.suggestion_limits import spending_of
from training.domain.suggestion_questions import note_questions, quote, scene_questions
from training.domain.suggestions import (
    ask_again,
    ask_for_notes,
    ask_for_scenes,
    missing_for_suggestions,
    stop_request,
)
from training.enums import OPEN_REQUEST_STATES, SuggestionKind
from training.forms.suggestions import AskForm, DraftForm, ShownDraftsForm
from training.queries.suggestions import SHOWN, requests_of

DRAFTS_PER_PAGE = 10


@login_required
@require_safe
def suggestions(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Show what can be asked, what was asked and which drafts wait."""
    return _page(request, annotated_episode(request.user, slug, pk))


@login_required
@require_safe
def suggestions_status(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Answer the page's list of requests; once all are over, the page is loaded anew."""
    episode = annotated_episode(request.user, slug, pk)
    context = _asked(request, episode)
    response = render(request, "training/suggestions/episode.html#live", context)
    if not context["is_polled"]:
        response["HX-Refresh"] = "true"
    return response


@login_required
@require_POST
def suggestions_ask(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Ask for scenes, or for titles and notes."""
    episode = annotated_episode(request.user, slug, pk)
    person = signed_in(request)
    form = AskForm(request.POST)
    if not form.is_valid():
        return _page(request, episode, error="This was not understood.", status=422)
    key = form.cleaned_data["client_key"] or None
    try:
        if form.cleaned_data["kind"] == SuggestionKind.SCENES:
            ask_for_scenes(episode, actor=person, client_key=key)
        else:
            position = form.cleaned_data["position"]
            ask_for_notes(episode, actor=person, position=position, client_key=key)
    except RickError as error:
        return _page(request, episode, error=str(error), status=422)
    return redirect("suggestions", slug=slug, pk=pk)


@login_required
@require_POST
def suggestion_again(request: HttpRequest, slug: str, pk: int, request_id: int) -> HttpResponse:
    """Ask once more what has no answer."""
    found = episode_request(request.user, slug, pk, request_id)
    try:
        ask_again(found, actor=signed_in(request))
    except RickError as error:
        return _page(request, found.episode, error=str(error), status=422)
    return redirect("suggestions", slug=slug, pk=pk)


@login_required
@require_POST
def suggestion_stop(request: HttpRequest, slug: str, pk: int, request_id: int) -> HttpResponse:
    """Ask nothing more."""
    found = episode_request(request.user, slug, pk, request_id)
    try:
        stop_request(found, actor=signed_in(request))
    except RickError as error:
        return _page(request, found.episode, error=str(error), status=422)
    return redirect("suggestions", slug=slug, pk=pk)


@login_required
@require_POST
def note_drafts_decide(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Accept one draft as it was left, refuse it, or accept those the page showed."""
    episode = annotated_episode(request.user, slug, pk)
    try:
        done = _decide(request, episode)
    except RickError as error:
        status = 409 if isinstance(error, StaleRevisionError) else 422
        return _page(request, episode, error=str(error), status=status)
    if not done:
        return _page(request, episode, error="This was not understood.", status=422)
    messages.success(request, done)
    return redirect(f"{reverse('suggestions', args=[slug, pk])}#drafts")


def _decide(request: HttpRequest, episode: Episode) -> str:
    """Return what was done in words, empty where the form is none of ours."""
    person = signed_in(request)
    if "shown" in request.POST:
        shown = ShownDraftsForm(request.POST)
        if not shown.is_valid():
            return ""
        pairs = [(episode_draft(episode, one), seen) for one, seen in shown.cleaned_data["shown"]]
        count = accept_note_drafts(pairs, episode=episode, actor=person)
        return f"{counted(count, 'draft')} accepted."
    form = DraftForm(request.POST)
    if not form.is_valid():
        return ""
    values = form.cleaned_data
    draft = episode_draft(episode, values["draft"])
    if "dismiss" in request.POST:
        dismiss_note_draft(draft, actor=person)
        return "The draft is refused."
    text = values["text"].replace("\r\n", "\n")
    accept_note_draft(
        draft,
        episode=episode,
        actor=person,
        revision=values["revision"],
        title=values["title"],
        text=text,
    )
    return "The note is saved."


def _asked(request: HttpRequest, episode: Episode) -> dict[str, Any]:
    found = list(requests_of(episode, signed_in(request))[:SHOWN])
    return {
        "project": episode.script.project,
        "episode": episode,
        "requests": found,
        "open_states": OPEN_REQUEST_STATES,
        "is_polled": any(one.state in OPEN_REQUEST_STATES for one in found),
    }


def _page(
    request: HttpRequest, episode: Episode, *, error: str = "", status: int = 200
) -> HttpResponse:
    person = signed_in(request)
    missing = missing_for_suggestions()
    is_blind = cuts_blind(episode)
    annotator = person if is_blind else None
    offered = open_suggestions(episode, annotator=annotator)
    page = Paginator(open_note_drafts(episode), DRAFTS_PER_PAGE).get_page(request.GET.get("page"))
    context = _asked(request, episode) | {
        "missing": missing,
        "model": get_config().suggestion_model,
        "is_blind": is_blind,
        "offered": sum(one.is_proposed for one in offered),
        "page_obj": page,
        "shown": " ".join(f"{draft.pk}:{draft.scene.note_revision}" for draft in page),
        "error": error,
    }
    if not missing:
        config = get_config()
        context |= {
            "scenes_quote": quote(SuggestionKind.SCENES, scene_questions(episode)),
            "notes_quote": None
            if is_blind
            else quote(SuggestionKind.NOTES, note_questions(episode)),
            "spent": spending_of(episode.script.project),
            "budget": config.suggestion_budget_usd,
            "token_limit": config.suggestion_tokens,
        }
    return render(request, "training/suggestions/episode.html", context, status=status)
