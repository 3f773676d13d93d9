"""The review queue: one dialogue a screen."""

from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from curation.access import REVIEWING, member_project, project_roles
from curation.access.dialogues import project_dialogue
from curation.domain.dialogue_edits import read_members
from curation.domain.dialogue_preview import preview_record
from curation.domain.reviews import (
    DECIDABLE,
    approve_dialogue,
    discard_dialogue,
    return_dialogue,
)
from curation.enums import Decision, Role
from curation.errors import CurationError, StaleRevisionError
from curation.forms.dialogues import DecisionForm
from curation.models import Dialogue, Project
from curation.queries.dialogue_members import members_of
from curation.queries.review_queue import decidable_dialogues, queue_count
from curation.queries.scene_lines import is_spoken_by
from curation.queries.threads import count_open_threads
from rickproject.lib.numbers import is_key

from .builder_page import scene_now, view_of

MOST_SKIPPED = 200
DECIDE: dict[Decision, Callable[..., Dialogue]] = {
    Decision.APPROVED: approve_dialogue,
    Decision.RETURNED: return_dialogue,
    Decision.REMOVED: discard_dialogue,
}


@require_GET
@login_required
def review(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the dialogue that waits longest for this person; ``skip`` passes some over.

    ``dialogue`` asks for one that was submitted or approved, to decide on it (again).
    """
    project = member_project(request.user, slug, REVIEWING)
    asked = request.GET.get("dialogue", "")
    if is_key(asked):
        dialogue = project_dialogue(request.user, slug, int(asked), REVIEWING)
        if dialogue.state in DECIDABLE:
            return _show(request, project, dialogue, skipped=[])
    return _queue(request, project)


@require_POST
@login_required
def review_decide(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Decide on one dialogue at the revision that was read, then show the next."""
    dialogue = project_dialogue(request.user, slug, pk, REVIEWING)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        words = str(form.errors.get("reason", ["Choose what to decide."])[0])
        return _again(request, dialogue, form, words, 422)
    values = form.cleaned_data
    decision = Decision(values["decision"])
    try:
        DECIDE[decision](
            dialogue,
            reviewer=request.user,
            revision=values["revision"],
            reason=values["reason"],
        )
    except CurationError as error:
        status = 409 if isinstance(error, StaleRevisionError) else 422
        return _again(request, project_dialogue(request.user, slug, pk), form, str(error), status)
    messages.success(request, f"Dialogue {dialogue.pk} is {decision.label}.")
    if getattr(request, "htmx", False):
        return _queue(request, dialogue.project, last=str(dialogue.pk))  # the next one, at once
    query = {"last": str(dialogue.pk), "skip": request.GET.get("skip", "")}
    address = reverse("review", args=[slug])
    return redirect(f"{address}?{urlencode({name: v for name, v in query.items() if v})}")


def _queue(request: HttpRequest, project: Project, *, last: str = "") -> HttpResponse:
    skipped = _skipped(request)
    waiting = decidable_dialogues(project, cast("User", request.user))
    rows = waiting.exclude(pk__in=skipped) if skipped else waiting
    last = last or request.GET.get("last", "")
    return _show(request, project, rows.first(), skipped=skipped, last=last)


def _again(
    request: HttpRequest, dialogue: Dialogue, form: DecisionForm, error: str, status: int
) -> HttpResponse:
    """Show the same dialogue as it is now, the reason kept, and why nothing was decided."""
    return _show(
        request,
        dialogue.project,
        dialogue,
        skipped=_skipped(request),
        form=form,
        error=error,
        status=status,
    )


def _show(
    request: HttpRequest,
    project: Project,
    dialogue: Dialogue | None,
    *,
    skipped: list[int],
    form: DecisionForm | None = None,
    error: str = "",
    last: str = "",
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "project": project,
        "count": queue_count(project, cast("User", request.user)),
        "skipped": ",".join(str(pk) for pk in skipped),
        "error": error,
        "last": last if is_key(last) else "",
        "shows_names": Role.MANAGER in project_roles(request.user, project),
    }
    if dialogue is not None:
        context |= _facts(request, dialogue)
        text = form.data.get("reason", "") if form else ""
        initial = {"revision": dialogue.revision, "reason": text}
        context["form"] = DecisionForm(initial=initial)
        context["skip_next"] = ",".join(str(pk) for pk in [*skipped, dialogue.pk])
    is_part = bool(getattr(request, "htmx", False))
    name = "curation/reviews/queue.html" + ("#queue" if is_part else "")
    return render(request, name, context, status=status)


def _facts(request: HttpRequest, dialogue: Dialogue) -> dict[str, Any]:
    members = read_members(dialogue)
    scene, target = scene_now(dialogue), dialogue.target_character
    preview = preview_record(
        members, scene=scene, target=target, view=view_of(request, dialogue), dialogue=dialogue
    )
    return {
        "dialogue": dialogue,
        "scene": scene,
        "episode": scene.utterance.episode,
        "rows": [
            {"member": row, "is_target": is_spoken_by(row.utterance, target)}
            for row in members_of(dialogue)
        ],
        "preview": preview,
        "reviews": dialogue.reviews.all()[:5],
        "open_threads": count_open_threads(dialogue),
    }


def _skipped(request: HttpRequest) -> list[int]:
    texts = request.GET.get("skip", "").split(",")
    return [int(text) for text in texts if is_key(text)][-MOST_SKIPPED:]
