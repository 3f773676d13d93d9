"""The reader: one episode on one page, its scenes edited by keys, mouse or plain forms."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_http_methods, require_POST

from curation.access import signed_in
from curation.access.scenes import annotated_episode
from curation.domain.scene_suggestions import run_speaker_model
from curation.domain.segmentation import (
    SceneEdits,
    apply_scene_edits,
    reopen_scenes,
    submit_scenes,
)
from curation.domain.suggestion_scores import score_suggestions
from curation.enums import SegmentationState, UtteranceKind
from curation.errors import CurationError, StaleRevisionError
from curation.forms.scenes import (
    EditBatchForm,
    PlainEditForm,
    RevisionForm,
    SuggestForm,
    read_json,
)
from curation.models import Episode, Segmentation
from curation.queries.scenes import (
    agreed_layer,
    dialogue_spans,
    imported_episodes,
    open_suggestions,
    project_characters,
    reader_rows,
    scene_starts,
    scenes_at,
)

from .reader_keys import CONFLICT_DIALOGS, MOVE_KEYS, SCENE_KEYS, SUGGESTION_KEYS
from .reader_rows import render_rows, scene_head, suggestion_line


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
    episode = annotated_episode(request.user, slug, pk)
    if request.method != "POST":
        return _page(request, episode)
    form = PlainEditForm(request.POST)
    if not form.is_valid():
        return _page(request, episode, error="This press was not understood.", status=422)
    pressed = form.cleaned_data
    try:
        position = _press(request, episode, pressed)
    except CurationError as error:
        return _page(request, episode, error=str(error), status=status_of(error))
    return redirect(f"{reverse('reader', args=[slug, pk])}#u{position}")


@login_required
@require_http_methods(["GET", "POST"])
def reader_edits(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Keep one batch of edits; GET tells how the scenes stand."""
    episode = annotated_episode(request.user, slug, pk)
    if request.method == "GET":
        return JsonResponse(_layer_facts(agreed_layer(episode)))
    form = EditBatchForm(read_json(request.body))
    if not form.is_valid():
        return invalid(form)
    edits = form.edits()
    try:
        layer = apply_scene_edits(
            episode, edits=edits, revision=form.cleaned_data["revision"], actor=signed_in(request)
        )
    except CurationError as error:
        stale = isinstance(error, StaleRevisionError)
        extra = {"theirs": _layer_facts(agreed_layer(episode))} if stale else {}
        return refusal(error, **extra)
    scenes = _scene_facts(scenes_at(layer, edits.on)) if edits.on else []
    return JsonResponse({"revision": layer.revision, "state": layer.state, "scenes": scenes})


@login_required
@require_POST
def reader_suggest(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Ask the speaker model; what people decided stands."""
    episode = annotated_episode(request.user, slug, pk)
    form = SuggestForm(request.POST)
    if not form.is_valid():
        return _page(request, episode, error="Ask for 1 to 5000 scenes.", status=422)
    asked = form.cleaned_data["scenes"]
    try:
        run = run_speaker_model(episode, actor=signed_in(request), scenes=asked)
    except CurationError as error:
        return _page(request, episode, error=str(error), status=status_of(error))
    open_count = sum(one.is_proposed for one in open_suggestions(episode))
    instead = f" Exactly {asked} cannot be reached." if asked not in {None, run.scene_count} else ""
    messages.success(
        request,
        f"The speakers suggest {run.scene_count} scenes.{instead} "
        f"{open_count} scene starts wait for your word.",
    )
    return redirect("reader", slug=slug, pk=pk)


@login_required
@require_POST
def reader_submit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Submit the scenes and open the next episode that waits for some."""
    episode = annotated_episode(request.user, slug, pk)
    form = RevisionForm(request.POST)
    if not form.is_valid():
        return _page(request, episode, error="Load the page again, then submit.", status=422)
    try:
        submit_scenes(episode, actor=signed_in(request), **form.cleaned_data)
    except CurationError as error:
        return _page(request, episode, error=str(error), status=status_of(error))
    messages.success(request, f"{episode.code} is submitted.")
    done = Segmentation.objects.filter(annotator=None, state="submitted").values("episode_id")
    waiting = imported_episodes(episode.script.project).exclude(pk__in=done)
    order = (episode.season_number, episode.episode_number)
    following = sorted(waiting, key=lambda e: ((e.season_number, e.episode_number) < order, e.code))
    if following:
        return redirect("reader", slug=slug, pk=following[0].pk)
    return redirect("episodes", slug=slug)


@login_required
@require_POST
def reader_reopen(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take a submission back."""
    episode = annotated_episode(request.user, slug, pk)
    form = RevisionForm(request.POST)
    if not form.is_valid():
        return _page(request, episode, error="Load the page again, then reopen.", status=422)
    try:
        reopen_scenes(episode, actor=signed_in(request), **form.cleaned_data)
    except CurationError as error:
        return _page(request, episode, error=str(error), status=status_of(error))
    return redirect("reader", slug=slug, pk=pk)


def _press(request: HttpRequest, episode: Episode, pressed: dict[str, int | None]) -> int:
    """Run the one button that was pressed; return the position to come back to."""
    accept, dismiss = pressed["accept"], pressed["dismiss"]
    offered = {one.pk: one for one in open_suggestions(episode)} if accept or dismiss else {}
    chosen = offered.get(accept or dismiss or 0)
    position = chosen.utterance.position if chosen else pressed["start"] or pressed["join"] or 0
    edits = SceneEdits(
        on=frozenset({position} if (chosen and accept) or pressed["start"] is not None else ()),
        off=frozenset({position} if pressed["join"] is not None else ()),
        accepted=frozenset({chosen.pk} if chosen and accept else ()),
        dismissed=frozenset({chosen.pk} if chosen and dismiss else ()),
    )
    apply_scene_edits(
        episode, edits=edits, revision=pressed["revision"] or 0, actor=signed_in(request)
    )
    return position


def _page(
    request: HttpRequest, episode: Episode, *, error: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    project = episode.script.project
    layer = agreed_layer(episode)
    starts = scene_starts(layer)
    rows = reader_rows(episode)
    offered = open_suggestions(episode)
    context = {
        "project": project,
        "episode": episode,
        "layer": layer,
        "revision": layer.revision if layer else 0,
        "states": SegmentationState.choices,
        "state_code": layer.state if layer else "untouched",
        "rows": render_rows(
            episode,
            rows=rows,
            starts=starts,
            suggestions=offered,
            characters=project_characters(project),
        ),
        "row_count": len(rows),
        "scene_count": max(len(starts), 1 if rows else 0),
        "score": score_suggestions(
            episode,
            spoken=[row[0] for row in rows if row[2] == UtteranceKind.SPEECH],
            starts=[start.utterance.position for start in starts],
        ),
        "offered_count": sum(one.is_proposed for one in offered),
        "spans": json.dumps(
            [
                [span.first, span.last, span.state, span.dialogue_id]
                for span in dialogue_spans(episode)
            ]
        ),
        "dialogue_url": _maybe_url("dialogue", project.slug, 0),
        "scene_dialogues_url": _maybe_url("scene_dialogues", project.slug, episode.pk, 0),
        "note_url": reverse("scene_note", args=[project.slug, episode.pk, 0]),
        "first": starts[0] if starts else None,
        "blank_scene": scene_head(episode, number=0, position=0, last=0),
        "blank_suggestion": suggestion_line(
            pk=0, position=0, kind="suggested", percent="", words=""
        ),
        "dialogs": CONFLICT_DIALOGS,
        "move_keys": MOVE_KEYS,
        "scene_keys": SCENE_KEYS,
        "suggestion_keys": SUGGESTION_KEYS,
        "error": error,
    }
    return render(request, "curation/scenes/reader.html", context, status=status)


def _maybe_url(name: str, *args: Any) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def _layer_facts(layer: Segmentation | None) -> dict[str, Any]:
    if layer is None:
        return {"revision": 0, "state": "untouched", "by": "", "scenes": []}
    return {
        "revision": layer.revision,
        "state": layer.state,
        "by": layer.updated_by.get_username() if layer.updated_by else "",
        "scenes": _scene_facts(scene_starts(layer)),
    }


def _scene_facts(scenes: Any) -> list[dict[str, Any]]:
    return [
        {
            "id": scene.pk,
            "position": scene.utterance.position,
            "title": scene.title,
            "note": scene.note,
            "noteRevision": scene.note_revision,
        }
        for scene in scenes
    ]
