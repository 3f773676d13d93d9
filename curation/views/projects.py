"""The list of projects, a project's overview, its members."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from curation import access
from curation.queries.projects import progress_of, projects_of


@require_GET
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """List the projects the person is in."""
    projects = list(projects_of(access.signed_in(request)))
    progress = progress_of(projects)
    rows = [(project, progress[project.pk]) for project in projects]
    return render(request, "home.html", {"rows": rows})


@require_GET
@login_required
def overview(request: HttpRequest, slug: str) -> HttpResponse:
    """Show where a project is and what waits for this person."""
    project = access.member_project(request.user, slug)
    progress = progress_of([project])[project.pk]
    return render(
        request, "curation/projects/overview.html", {"project": project, "progress": progress}
    )
