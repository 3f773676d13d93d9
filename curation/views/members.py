"""Who works in a project: managers add people and take roles away."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from curation import access
from curation.domain.members import add_member, remove_member
from curation.errors import CurationError
from curation.forms.projects import MemberForm
from curation.queries.projects import members_of


@require_http_methods(["GET", "POST"])
@login_required
def members(request: HttpRequest, slug: str) -> HttpResponse:
    """List the people of a project, and add one."""
    user = access.signed_in(request)
    project = access.member_project(user, slug, access.MANAGING)
    form = MemberForm(request.POST or None)
    if form.is_valid():
        person, role = form.cleaned_data["username"], form.cleaned_data["role"]
        try:
            add_member(project, user=person, role=role, actor=user)
        except CurationError as error:
            form.add_error("username", str(error))
        else:
            messages.success(request, f"{person.username} is now {role.label} here.")
            return redirect("members", slug=slug)
    context = {"project": project, "form": form, "members": members_of(project)}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "curation/projects/members.html", context, status=status)


@require_POST
@login_required
def member_remove(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take one role from a person."""
    user = access.signed_in(request)
    membership = access.project_member(user, slug, pk)
    try:
        remove_member(membership, actor=user)
    except CurationError as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request, f"{membership.user.username} is no longer {membership.role} here."
        )
    may_stay = access.project_roles(user, membership.project) & access.MANAGING
    return redirect("members", slug=slug) if may_stay else redirect("home")
