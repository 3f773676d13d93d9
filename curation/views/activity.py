"""The feed of a project."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from curation.access import ANNOTATING, member_project
from curation.queries.activity_feed import activity_feed, activity_people
from rickproject.lib.paging import open_page

from .activity_words import KINDS, step_of

STEPS_A_PAGE = 50


@require_GET
@login_required
def activity(request: HttpRequest, slug: str) -> HttpResponse:
    """Show who did what, newest first; kind and person are in the address."""
    project = member_project(request.user, slug, ANNOTATING)
    kind, person = request.GET.get("kind", ""), request.GET.get("person", "")
    kind = kind if kind in dict(KINDS) else ""
    people = activity_people(project)
    person = person if person in people else ""
    steps = activity_feed(project, kind=kind, person=person)
    page = open_page(steps, number=request.GET.get("page"), size=STEPS_A_PAGE)
    context = {
        "project": project,
        "page": page,
        "steps": [step_of(one, project) for one in page.object_list],
        "kinds": KINDS,
        "kind": kind,
        "people": people,
        "person": person,
    }
    return render(request, "curation/activity/feed.html", context)
