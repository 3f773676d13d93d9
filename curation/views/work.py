"""A person's own work: what they hold, what is next, and saying that they are still at it."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from curation.access import ANNOTATING, MANAGING, member_project, project_roles, signed_in
from curation.access.scenes import annotated_episode
from curation.domain.assigning import complete_place, release_place
from curation.domain.assignments import keep_place
from curation.enums import AssignmentState, WorkKind
from curation.errors import CurationError
from curation.forms.assignments import EndForm
from curation.models import Assignment
from curation.queries.assignments import count_free, held_places, own_places
from curation.queries.review_queue import returned_dialogues

from .work_places import place_card, where_next

LOST_DAYS = 7


@require_GET
@login_required
def work(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what the person holds, who else is at work, and what is free."""
    person = signed_in(request)
    project = member_project(person, slug, ANNOTATING)
    lost = Assignment.objects.filter(
        project=project,
        person=person,
        state=AssignmentState.LAPSED,
        ended_at__gte=timezone.now() - timedelta(days=LOST_DAYS),
    )
    free = {kind: count_free(project, kind) for kind in WorkKind}
    context = {
        "project": project,
        "returned": returned_dialogues(project, person),
        "places": own_places(project, person),
        "others": held_places(project).exclude(person=person),
        "lost": lost.select_related("episode", "ended_by").order_by("-ended_at")[:5],
        "free_scenes": free[WorkKind.LAYER] + free[WorkKind.SCENES],
        "free_dialogues": free[WorkKind.DIALOGUES],
        "may_manage": bool(project_roles(person, project) & MANAGING),
    }
    return render(request, "curation/work/own.html", context)


@require_POST
@login_required
def work_next(request: HttpRequest, slug: str) -> HttpResponse:
    """Open what this person goes on with: theirs, else what is free, taken for them."""
    person = signed_in(request)
    project = member_project(person, slug, ANNOTATING)
    if address := where_next(project, person, project_roles(person, project)):
        return redirect(address)
    messages.info(
        request, "Nothing is free for you now: all of it is done, or in somebody’s hands."
    )
    return redirect("work", slug=slug)


@require_POST
@login_required
def work_keep(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Say that the person is still at this episode; the answer is whose it is by now."""
    person = signed_in(request)
    episode = annotated_episode(person, slug, pk)
    keep_place(person, episode.pk)
    context = {"project": episode.script.project, "place": place_card(person, episode)}
    return render(request, "curation/work/_place.html", context)


@require_POST
@login_required
def work_end(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Give one's own place in an episode back, or say that its dialogues are picked."""
    person = signed_in(request)
    episode = annotated_episode(person, slug, pk)
    form = EndForm(request.POST)
    place = None
    if form.is_valid():
        kind = form.cleaned_data["kind"]
        held = Assignment.objects.filter(episode=episode, person=person, kind=kind)
        place = held.select_related("project", "episode").order_by("pk").last()
    if place is None:
        messages.error(request, "You hold no place in this episode’s work.")
        return redirect("work", slug=slug)
    end = complete_place if form.cleaned_data["action"] == "done" else release_place
    try:
        end(place, actor=person)
    except CurationError as error:
        messages.error(request, str(error))
    else:
        what = "done" if place.state == AssignmentState.DONE else "free for others"
        messages.success(request, f"{episode.code} is {what}. What you did there is kept.")
    return redirect("work", slug=slug)
