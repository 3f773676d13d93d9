"""The reader: one episode on one page, its scenes edited by keys, mouse or plain forms."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from curation.access import signed_in
from curation.access.scenes import annotated_episode
from curation.domain.scene_edits import SceneEdits
from curation.domain.scene_suggestions import run_speaker_model
from curation.errors import CurationError, StaleRevisionError
from curation.forms.scenes import (
    EditBatchForm,
    PlainEditForm,
    RevisionForm,
    SubmitForm,
    SuggestForm,
    read_json,
)
from curation.forms.undo import undo_tag
from curation.models import SuggestedBoundary
from curation.queries.scenes import open_suggestions, scenes_at
from rickproject.lib.numbers import counted

from .reader_desk import Desk, desk_of, layer_facts, left_open, next_episode, scene_facts
from .reader_page import reader_page


def status_of(error: CurationError) -> HTTPStatus:
    """Return 409 where somebody else was faster, 422 where a rule refuses."""
    if isinstance(error, StaleRevisionError):
        return HTTPStatus.CONFLICT
    return HTTPStatus.UNPROCESSABLE_ENTITY


def wants_json(request: HttpRequest) -> bool:
    """Whether the page's script asks, not a plain form."""
    return "application/json" in request.headers.get("accept", "")


def refusal(error: CurationError, **extra: Any) -> JsonResponse:
    """Answer a script with the sentence of a refused change."""
    body = {"error": {"code": error.code, "message": str(error)}, **extra}
    return JsonResponse(body, status=status_of(error))


def invalid(form: Any) -> JsonResponse:
    """Answer a script whose request no form accepts."""
    first = next(iter(form.errors.values()))[0]
    body = {"error": {"code": "invalid", "message": str(first)}}
    return JsonResponse(body, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reader(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Show an episode; without its script, each press of a button is a form sent here."""
    desk = desk_of(signed_in(request), annotated_episode(request.user, slug, pk))
    if request.method != "POST":
        return reader_page(request, desk)
    form = PlainEditForm(request.POST)
    if not form.is_valid():
        return reader_page(request, desk, error="This press was not understood.", status=422)
    pressed = form.cleaned_data
    try:
        position = _press(desk, pressed)
    except CurationError as error:
        return reader_page(request, desk, error=str(error), status=status_of(error))
    return redirect(f"{reverse('reader', args=[slug, pk])}#u{position}")


@login_required
@require_http_methods(["GET", "POST"])
def reader_edits(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Keep one batch of edits; GET tells how the scenes stand."""
    desk = desk_of(signed_in(request), annotated_episode(request.user, slug, pk))
    if request.method == "GET":
        return JsonResponse(layer_facts(desk))
    form = EditBatchForm(read_json(request.body))
    if not form.is_valid():
        return invalid(form)
    edits = form.edits()
    try:
        desk.check(form.cleaned_data["layer"])
        layer = desk.edit(edits, revision=form.cleaned_data["revision"])
    except CurationError as error:
        stale = isinstance(error, StaleRevisionError)
        extra = {"theirs": layer_facts(desk)} if stale else {}
        return refusal(error, **extra)
    scenes = scene_facts(scenes_at(layer, edits.on)) if edits.on else []
    return JsonResponse({"revision": layer.revision, "state": layer.state, "scenes": scenes})


@login_required
@require_POST
def reader_suggest(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Ask the speaker model; what people decided stands."""
    desk = desk_of(signed_in(request), annotated_episode(request.user, slug, pk))
    form = SuggestForm(request.POST)
    if not form.is_valid():
        return reader_page(request, desk, error="Ask for 1 to 5000 scenes.", status=422)
    asked = form.cleaned_data["scenes"]
    try:
        run = run_speaker_model(
            desk.episode, actor=desk.person, scenes=asked, annotator=desk.annotator
        )
    except CurationError as error:
        return reader_page(request, desk, error=str(error), status=status_of(error))
    open_count = sum(one.is_proposed for one in _offered(desk))
    instead = f" Exactly {asked} cannot be reached." if asked not in {None, run.scene_count} else ""
    count = run.parameters.get("learned_from", 0)
    learned = f", as learned from your {counted(count, 'agreed episode')}" if count else ""
    messages.success(
        request,
        f"The speakers suggest {run.scene_count} scenes{learned}.{instead} "
        f"{open_count} scene starts wait for your word.",
    )
    return redirect("reader", slug=slug, pk=pk)


@login_required
@require_POST
def reader_submit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Submit the scenes and open the next episode that waits for some."""
    desk = desk_of(signed_in(request), annotated_episode(request.user, slug, pk))
    form = SubmitForm(request.POST)
    if not form.is_valid():
        return reader_page(request, desk, error="Load the page again, then submit.", status=422)
    key = form.cleaned_data["client_key"]
    try:
        if not desk.was_submitted(key):
            desk.check(form.cleaned_data["layer"])
            desk.submit(revision=form.cleaned_data["revision"], client_key=key)
    except CurationError as error:
        if wants_json(request):
            stale = isinstance(error, StaleRevisionError)
            return refusal(error, **({"theirs": layer_facts(desk)} if stale else {}))
        return reader_page(request, desk, error=str(error), status=status_of(error))
    words = f"{desk.episode.code} is submitted.{left_open(desk)}"
    if form.cleaned_data["stays"]:  # sent later, from a page that is still being read
        return JsonResponse({"words": words, **layer_facts(desk)})
    following = next_episode(desk)
    address = reverse("reader", args=[slug, following.pk]) if following else ""
    address = address or reverse("episodes", args=[slug])
    messages.success(request, words, extra_tags=undo_tag("scenes", [desk.episode.pk]))
    if wants_json(request):
        return JsonResponse({"next": address})
    return redirect(address)


@login_required
@require_POST
def reader_reopen(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take a submission back."""
    desk = desk_of(signed_in(request), annotated_episode(request.user, slug, pk))
    form = RevisionForm(request.POST)
    if not form.is_valid():
        return reader_page(request, desk, error="Load the page again, then reopen.", status=422)
    try:
        desk.check(form.cleaned_data["layer"])
        desk.reopen(revision=form.cleaned_data["revision"])
    except CurationError as error:
        return reader_page(request, desk, error=str(error), status=status_of(error))
    return redirect("reader", slug=slug, pk=pk)


def _offered(desk: Desk) -> list[SuggestedBoundary]:
    return open_suggestions(desk.episode, annotator=desk.annotator)


def _press(desk: Desk, pressed: dict[str, Any]) -> int:
    """Run the one button that was pressed; return the position to come back to."""
    desk.check(pressed["layer"])
    accept, dismiss = pressed["accept"], pressed["dismiss"]
    offered = {one.pk: one for one in _offered(desk)} if accept or dismiss else {}
    chosen = offered.get(accept or dismiss or 0)
    position: int = (
        chosen.utterance.position if chosen else pressed["start"] or pressed["join"] or 0
    )
    edits = SceneEdits(
        on=frozenset({position} if (chosen and accept) or pressed["start"] is not None else ()),
        off=frozenset({position} if pressed["join"] is not None else ()),
        accepted=frozenset({chosen.pk} if chosen and accept else ()),
        dismissed=frozenset({chosen.pk} if chosen and dismiss else ()),
        titles={} if chosen is None or pressed["title"] is None else {chosen.pk: pressed["title"]},
    )
    desk.edit(edits, revision=pressed["revision"] or 0)
    return position
