"""Take back what a message on the page says was done: a submission, or dialogues just made."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from curation.access import ANNOTATING, member_project, signed_in
from curation.access.scenes import annotated_episode
from curation.domain.dialogue_undo import CREATED, SUBMITTED, undo_together
from curation.errors import CurationError
from curation.forms.undo import UndoForm
from curation.models import Dialogue, Project
from rickproject.lib.numbers import counted

from .reader_desk import desk_of

VERBS = {"made": CREATED, "submitted": SUBMITTED}
WORDS = {"made": "taken away again; its rows are free", "submitted": "no longer submitted"}
SEVERAL = {"made": "taken away again; their rows are free", "submitted": "no longer submitted"}


@login_required
@require_POST
def undo(request: HttpRequest, slug: str) -> HttpResponse:
    """Take one step back, where it is still the last one and the person's own."""
    project = member_project(request.user, slug, ANNOTATING)
    form = UndoForm(request.POST)
    if not form.is_valid():
        messages.warning(request, "This cannot be undone any more. Look at its history.")
        return redirect("project", slug=slug)
    kind, keys = form.cleaned_data["what"]
    if kind == "scenes":
        return _reopen(request, slug, keys[0])
    return _take_back(request, project, kind, keys)


def _reopen(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    desk = desk_of(signed_in(request), annotated_episode(request.user, slug, pk))
    layer = desk.layer()
    try:
        desk.reopen(revision=layer.revision if layer else 0)
    except CurationError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{desk.episode.code} is no longer submitted.")
    return redirect("reader", slug=slug, pk=pk)


def _take_back(request: HttpRequest, project: Project, kind: str, keys: list[int]) -> HttpResponse:
    found = list(
        Dialogue.objects.filter(project=project, pk__in=keys).select_related(
            "scene__utterance", "target_character", "updated_by"
        )
    )
    outcome = undo_together(found, actor=signed_in(request), verb=VERBS[kind])
    if number := len(outcome.done):
        words = SEVERAL[kind] if number > 1 else WORDS[kind]
        messages.success(request, f"{counted(number, 'dialogue')} {words}.")
    for _, sentence in outcome.refused[:5]:
        messages.warning(request, sentence)
    if len(found) == 1:
        return redirect("dialogue", slug=project.slug, pk=found[0].pk)
    if found and len({one.scene_id for one in found}) == 1:
        scene = found[0].scene
        return redirect(
            "scene_dialogues", slug=project.slug, episode=scene.utterance.episode_id, scene=scene.pk
        )
    return redirect("dialogues", slug=project.slug)
