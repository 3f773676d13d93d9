"""The list of projects, a new one, a project's overview."""

from http import HTTPStatus

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from curation import access
from curation.domain.projects import create_project
from curation.errors import CurationError
from curation.forms.projects import ProjectForm
from curation.queries.activity_feed import activity_feed
from curation.queries.next_steps import next_steps
from curation.queries.projects import members_of, progress_of, projects_of

from .activity_words import step_of

SHOWN_STEPS = 6


@require_GET
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """List the projects the person is in."""
    user = access.signed_in(request)
    projects = list(projects_of(user))
    progress = progress_of(projects)
    context = {
        "rows": [(project, progress[project.pk]) for project in projects],
        "may_create": access.may_create_project(user),
    }
    return render(request, "home.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def project_create(request: HttpRequest) -> HttpResponse:
    """Start a project; who does becomes its manager."""
    user = access.signed_in(request)
    if not access.may_create_project(user):
        msg = "Projects are started by staff and by people who manage one."
        raise PermissionDenied(msg)
    form = ProjectForm(request.POST or None)
    if form.is_valid():
        try:
            project = create_project(form.slug, user=user, name=form.cleaned_data["name"])
        except CurationError as error:
            form.add_error("name", str(error))
        else:
            return redirect("project", slug=project.slug)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "curation/projects/create.html", {"form": form}, status=status)


@require_GET
@login_required
def overview(request: HttpRequest, slug: str) -> HttpResponse:
    """Show where a project is and what waits for this person."""
    user = access.signed_in(request)
    project = access.member_project(user, slug)
    roles = access.project_roles(user, project)
    progress = progress_of([project])[project.pk]
    context = {
        "project": project,
        "progress": progress,
        "steps": next_steps(project, user=user, roles=roles, progress=progress),
        "members": members_of(project),
        "lately": [step_of(step, project) for step in activity_feed(project)[:SHOWN_STEPS]],
        "may_manage": bool(roles & access.MANAGING),
        "may_work": bool(roles & access.ANNOTATING),
    }
    return render(request, "curation/projects/overview.html", context)
