"""Who works in a project: managers add and invite people, and take roles away."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from curation import access
from curation.domain.invitations import invite_person, mail_invitation, revoke_invitation
from curation.domain.members import add_member, remove_member
from curation.errors import CurationError
from curation.forms.projects import InvitationForm, MemberForm
from curation.models import Invitation, Project
from curation.queries.projects import members_of, open_invitations
from rickproject.config import get_config
from rickproject.lib.limits import spend

INVITATIONS_PER_HOUR = 30


@require_http_methods(["GET", "POST"])
@login_required
def members(request: HttpRequest, slug: str) -> HttpResponse:
    """List the people of a project, and add one who has an account."""
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
    return _page(request, project, form=form)


@require_POST
@never_cache
@login_required
def member_invite(request: HttpRequest, slug: str) -> HttpResponse:
    """Invite an address. Where no mail is sent, the link is shown, this once."""
    user = access.signed_in(request)
    project = access.member_project(user, slug, access.MANAGING)
    form = InvitationForm(request.POST, auto_id="invite_%s")
    if not form.is_valid():
        return _page(request, project, invitation_form=form)
    spend("invitations", user.pk, limit=INVITATIONS_PER_HOUR, seconds=3600, what="invite somebody")
    is_mailed = get_config().sends_email
    try:
        invitation, token = invite_person(
            project,
            email=form.cleaned_data["email"],
            role=form.cleaned_data["role"],
            actor=user,
            is_mailed=is_mailed,
        )
    except CurationError as error:
        form.add_error("email", str(error))
        return _page(request, project, invitation_form=form)
    link = request.build_absolute_uri(reverse("join_link", args=[token]))
    if is_mailed:
        mail_invitation(invitation, link=link)
        messages.success(request, f"An invitation is on its way to {invitation.email}.")
        return redirect("members", slug=slug)
    return _page(request, project, shown=invitation, link=link)


@require_POST
@login_required
def invitation_revoke(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take an invitation back."""
    user = access.signed_in(request)
    invitation = access.project_invitation(user, slug, pk)
    try:
        revoke_invitation(invitation, actor=user)
    except CurationError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"The invitation of {invitation.email} is taken back.")
    return redirect("members", slug=slug)


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


def _page(
    request: HttpRequest,
    project: Project,
    *,
    form: MemberForm | None = None,
    invitation_form: InvitationForm | None = None,
    shown: Invitation | None = None,
    link: str = "",
) -> HttpResponse:
    form = form or MemberForm()
    invitation_form = invitation_form or InvitationForm(auto_id="invite_%s")
    context = {
        "project": project,
        "form": form,
        "invitation_form": invitation_form,
        "members": members_of(project),
        "invitations": open_invitations(project),
        "now": timezone.now(),
        "shown": shown,
        "link": link,
        "sends_email": get_config().sends_email,
    }
    has_errors = bool(form.errors or invitation_form.errors)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if has_errors else HTTPStatus.OK
    return render(request, "curation/projects/members.html", context, status=status)
