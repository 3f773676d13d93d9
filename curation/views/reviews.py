"""The review queue: one dialogue a screen."""

from collections.abc import Callable, Collection, Sequence
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from curation.access import REVIEWING, member_project, project_roles
from curation.access.dialogues import project_dialogue
from curation.domain.dialogue_edits import read_members
from curation.domain.dialogue_preview import preview_record
from curation.domain.rereviews import decide_again
from curation.domain.review_fixes import fix_and_approve
from curation.domain.review_undo import undone_decision
from curation.domain.reviews import (
    DECIDABLE,
    approve_dialogue,
    discard_dialogue,
    return_dialogue,
)
from curation.enums import Decision, DialogueState, RereviewState, Role
from curation.errors import CurationError, StaleRevisionError
from curation.forms.dialogues import FIXED, DecisionForm
from curation.forms.reviews import FixForm
from curation.models import Dialogue, Project, Review
from curation.queries.dialogue_members import members_of
from curation.queries.review_queue import (
    decidable_keys,
    disagreement_about,
    is_read_again,
    loaded_dialogue,
    queue_count,
)
from curation.queries.scene_lines import is_spoken_by
from curation.queries.threads import count_open_threads
from rickproject.lib.numbers import is_key

from .builder_page import scene_now, view_of

MOST_SKIPPED = 200
DECIDE: dict[str, Callable[..., Dialogue]] = {
    Decision.APPROVED: approve_dialogue,
    Decision.RETURNED: return_dialogue,
    Decision.REMOVED: discard_dialogue,
}


@require_GET
@login_required
def review(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the dialogue that waits longest for this person; ``skip`` passes some over.

    ``dialogue`` asks for one that was submitted or approved, to decide on it (again); with ``fix``
    its lines can be changed. ``ahead`` names those that are being decided on at this moment: the
    page asks for the one after them before anybody waits for it.
    """
    project = member_project(request.user, slug, REVIEWING)
    asked = request.GET.get("dialogue", "")
    if is_key(asked):
        dialogue = project_dialogue(request.user, slug, int(asked), REVIEWING)
        if dialogue.state in DECIDABLE:
            person = cast("User", request.user)
            undone = undone_decision(dialogue, reviewer=person)
            skipped = _pks(request, "skip")
            return _show(request, project, dialogue, skipped=skipped, undone=undone)
    return _queue(request, project)


@require_POST
@login_required
def review_decide(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Decide on one dialogue at the revision that was read, then show the next.

    The page's script shows the next one itself and only asks for the outcome, as JSON.
    """
    dialogue = project_dialogue(request.user, slug, pk, REVIEWING)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        words = str(form.errors.get("reason", ["Choose what to decide."])[0])
        return _again(request, dialogue, form, words, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        words = _decide(request, dialogue, form.cleaned_data)
    except CurationError as error:
        is_stale = isinstance(error, StaleRevisionError)
        status = HTTPStatus.CONFLICT if is_stale else HTTPStatus.UNPROCESSABLE_ENTITY
        return _again(request, project_dialogue(request.user, slug, pk), form, str(error), status)
    if _wants_json(request):
        return JsonResponse({"words": words})
    messages.success(request, words)
    query = {"last": str(dialogue.pk), "skip": request.GET.get("skip", "")}
    address = reverse("review", args=[slug])
    return redirect(f"{address}?{urlencode({name: v for name, v in query.items() if v})}")


def _decide(request: HttpRequest, dialogue: Dialogue, values: dict[str, Any]) -> str:
    """Run one decision; return what came of it in words."""
    decision, revision, reason = values["decision"], values["revision"], values["reason"]
    reviewer = cast("User", request.user)
    if decision == FIXED:
        form = FixForm(request.POST, members=members_of(dialogue))
        fix = form.changes()
        fix_and_approve(dialogue, reviewer=reviewer, revision=revision, reason=reason, **fix)
    elif values["again"]:
        again = decide_again(
            dialogue,
            reviewer=reviewer,
            revision=revision,
            decision=Decision(decision),
            reason=reason,
        )
        if again.state == RereviewState.CONFIRMED:
            return f"Dialogue {dialogue.pk} was approved before: you agree."
        return f"Dialogue {dialogue.pk} was approved before: you disagree, so it is reviewed again."
    else:
        DECIDE[decision](dialogue, reviewer=reviewer, revision=revision, reason=reason)
    fixed = "fixed and " if decision == FIXED else ""
    if dialogue.state == DialogueState.SUBMITTED:
        counted = f"{dialogue.approvals} of {dialogue.project.required_approvals}"
        return f"Dialogue {dialogue.pk} is {fixed}approved by {counted}; it waits for another."
    return f"Dialogue {dialogue.pk} is {fixed}{DialogueState(dialogue.state).label}."


def _queue(request: HttpRequest, project: Project) -> HttpResponse:
    skipped, ahead = _pks(request, "skip"), _pks(request, "ahead")
    person = cast("User", request.user)
    keys = decidable_keys(project, person)
    passed = {*skipped, *ahead}
    first = next((pk for pk, _ in keys if pk not in passed), None)
    return _show(
        request,
        project,
        loaded_dialogue(first) if first is not None else None,
        keys=keys,
        skipped=skipped,
        last=request.GET.get("last", ""),
        ahead=ahead,
    )


def _again(
    request: HttpRequest, dialogue: Dialogue, form: DecisionForm, error: str, status: int
) -> HttpResponse:
    """Show the same dialogue as it is now, the reason kept, and why nothing was decided."""
    if _wants_json(request):
        return JsonResponse({"error": {"message": error}}, status=status)
    return _show(
        request,
        dialogue.project,
        dialogue,
        skipped=_pks(request, "skip"),
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
    keys: Collection[tuple[int, str]] | None = None,
    form: DecisionForm | None = None,
    error: str = "",
    last: str = "",
    ahead: Sequence[int] = (),
    undone: Review | None = None,
    status: int = 200,
) -> HttpResponse:
    person = cast("User", request.user)
    if keys is None:
        keys = decidable_keys(project, person)
    count = queue_count(project, person, decidable=keys, besides=ahead)
    roles = project_roles(request.user, project)
    context: dict[str, Any] = {
        "project": project,
        "count": count,
        "skipped": ",".join(str(pk) for pk in skipped),
        "error": error,
        "last": last if is_key(last) else "",
        "undone": undone,
        "shows_names": Role.MANAGER in roles,
    }
    if dialogue is not None:
        text = form.data.get("reason", "") if form else ""
        context |= _facts(request, dialogue)
        initial = {"revision": dialogue.revision, "reason": text, "again": context["is_again"]}
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
    is_again = is_read_again(dialogue)
    reviews = dialogue.reviews.select_related("reviewer")
    if is_again:  # blind to what was decided on this submission
        reviews = reviews.exclude(submission=dialogue.submission)
    rows = list(members_of(dialogue))
    is_fix = dialogue.state == DialogueState.SUBMITTED and (
        "fix" in request.GET or request.POST.get("decision") == FIXED
    )
    fix = FixForm(request.POST or None, members=rows) if is_fix else None
    return {
        "dialogue": dialogue,
        "scene": scene,
        "episode": scene.utterance.episode,
        "rows": [
            {
                "member": row,
                "is_target": is_spoken_by(row.utterance, target),
                "fix": fix.row(row) if fix else None,
            }
            for row in rows
        ],
        "preview": preview,
        "is_again": is_again,
        "is_fix": is_fix,
        "reviews": reviews[:5],
        "dispute": disagreement_about(dialogue) if not is_again else None,
        "open_threads": count_open_threads(dialogue),
    }


def _wants_json(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("accept", "")


def _pks(request: HttpRequest, name: str) -> list[int]:
    texts = request.GET.get(name, "").split(",")
    return [int(text) for text in texts if is_key(text)][-MOST_SKIPPED:]
