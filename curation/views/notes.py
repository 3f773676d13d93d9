"""Title and context note of a scene: its page, its history, and what the reader saves."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from curation.access import signed_in
from curation.access.scenes import annotated_episode
from curation.domain.notes import StaleNoteError, restore_note, save_note
from curation.errors import CurationError
from curation.forms.layers import CompareForm
from curation.forms.scenes import NoteForm, RestoreForm, read_json
from curation.models import Boundary, ContextNote, Episode
from curation.queries.layers import layer_of
from curation.queries.scenes import positions_of
from rickproject.lib.word_diff import compare_words

from .reader import invalid, refusal, status_of, wants_json


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def scene_note(request: HttpRequest, slug: str, pk: int, position: int) -> HttpResponse:
    """Show a scene's note with its history, or keep a new revision."""
    episode = annotated_episode(request.user, slug, pk)
    if request.method != "POST":
        return _page(request, episode, position)
    form = NoteForm(read_json(request.body) if _is_json(request) else request.POST)
    if not form.is_valid():
        if wants_json(request):
            return invalid(form)
        return _page(request, episode, position, form=form, status=422)
    try:
        scene = save_note(
            episode, position=position, author=signed_in(request), **form.cleaned_data
        )
    except CurationError as error:
        return _refused(request, episode, position, error=error, form=form)
    if wants_json(request):
        return JsonResponse(note_facts(scene))
    messages.success(request, "The note is saved.")
    return redirect("scene_note", slug=slug, pk=pk, position=position)


@login_required
@require_POST
def scene_note_restore(request: HttpRequest, slug: str, pk: int, position: int) -> HttpResponse:
    """Bring an earlier revision of a note back as its newest one."""
    episode = annotated_episode(request.user, slug, pk)
    form = RestoreForm(request.POST)
    if not form.is_valid():
        return _page(request, episode, position, status=422)
    try:
        scene = restore_note(
            episode, position=position, author=signed_in(request), **form.cleaned_data
        )
    except CurationError as error:
        return _refused(request, episode, position, error=error)
    if wants_json(request):
        return JsonResponse(note_facts(scene))
    messages.success(request, f"Revision {form.cleaned_data['restored']} is back.")
    return redirect("scene_note", slug=slug, pk=pk, position=position)


def note_facts(scene: Boundary) -> dict[str, Any]:
    """Return a note as the reader's script takes it."""
    return {"title": scene.title, "text": scene.note, "revision": scene.note_revision}


def _is_json(request: HttpRequest) -> bool:
    return request.content_type == "application/json"


def _refused(
    request: HttpRequest,
    episode: Episode,
    position: int,
    *,
    error: CurationError,
    form: NoteForm | None = None,
) -> HttpResponse:
    theirs = error.theirs if isinstance(error, StaleNoteError) else None
    if wants_json(request):
        return refusal(error, **({"theirs": note_facts(theirs)} if theirs else {}))
    if form is None:
        form = NoteForm()
    form.add_error(None, str(error))
    if theirs:  # the draft stays in the fields; sending it again now wins
        form.data = {
            **{key: form.data.get(key) for key in form.data},
            "revision": str(theirs.note_revision),
        }
    return _page(request, episode, position, form=form, theirs=theirs, status=status_of(error))


def _compared(request: HttpRequest, notes: list[ContextNote]) -> dict[str, Any] | None:
    """Return two revisions of title and note word by word; revision 0 is before the first."""
    form = CompareForm(request.GET)
    if not form.is_valid():
        return None
    kept = {note.revision: (note.title, note.text) for note in notes} | {0: ("", "")}
    old, new = kept.get(form.cleaned_data["old"]), kept.get(form.cleaned_data["new"])
    if old is None or new is None:
        return None
    return form.cleaned_data | {
        "title": compare_words(old[0], new[0]),
        "text": compare_words(old[1], new[1]),
    }


def _page(
    request: HttpRequest,
    episode: Episode,
    position: int,
    *,
    form: NoteForm | None = None,
    theirs: Boundary | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    layer = layer_of(episode, None)
    scene = Boundary.objects.filter(
        segmentation=layer, utterance__position=position, is_active=True
    ).first()
    if scene is None and (position or not positions_of(episode, [0])):
        msg = "No scene starts at this line."
        raise Http404(msg)
    shown = {"title": "", "text": "", "revision": 0} if scene is None else note_facts(scene)
    notes = list(scene.notes.select_related("author", "draft")[:50]) if scene else []
    context = {
        "project": episode.script.project,
        "episode": episode,
        "scene": scene,
        "position": position,
        "form": form or NoteForm(initial=shown),
        "theirs": theirs,
        "notes": notes,
        "compared": _compared(request, notes),
        "newest": shown["revision"],
    }
    fragment = "#history" if request.GET.get("part") == "history" else ""
    return render(request, f"curation/scenes/note.html{fragment}", context, status=status)
