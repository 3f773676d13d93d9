"""Who may see and do what in a project."""

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.text import get_text_list

from curation.enums import Role
from curation.models import Invitation, Membership, Project
from rickproject.lib.kept_queries import Given, KeptQuery

WATCHING = frozenset(Role)
ANNOTATING = frozenset({Role.ANNOTATOR, Role.REVIEWER, Role.MANAGER})
REVIEWING = frozenset({Role.REVIEWER, Role.MANAGER})
MANAGING = frozenset({Role.MANAGER})
TALKING = frozenset({Role.TESTER, Role.MANAGER, Role.REVIEWER, Role.ANNOTATOR})

_PROJECT = KeptQuery(lambda: Project.objects.filter(slug=Given("slug")).order_by())
_ROLES: KeptQuery[tuple[str]] = KeptQuery(
    lambda: (
        Membership.objects.filter(project=Given("project"), user=Given("user"))
        .order_by()
        .values_list("role")
    )
)


def project_roles(user: User | AnonymousUser, project: Project) -> frozenset[Role]:
    """Return the roles a person holds in a project; a superuser holds all, staff none by itself."""
    if not user.is_authenticated or not user.is_active:
        return frozenset()
    if user.is_superuser:
        return frozenset(Role)
    held = _ROLES.rows(project=project.pk, user=user.pk)
    return frozenset(Role(role) for (role,) in held)


def signed_in(request: HttpRequest) -> User:
    """Return who asks, in a view that only signed-in people reach.

    Raises:
        PermissionDenied: nobody is signed in.
    """
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def member_project(
    user: User | AnonymousUser, slug: str, roles: frozenset[Role] = WATCHING
) -> Project:
    """Return the project if the person holds one of ``roles`` in it.

    Raises:
        Http404: there is no such project, or the person is no member of it.
        PermissionDenied: a member, but without one of the roles.
    """
    project = _PROJECT.first(slug=slug)
    held = project_roles(user, project) if project else frozenset()
    if project is None or not held:
        msg = "There is no such project, or you are not a member of it."
        raise Http404(msg)
    if not held & roles:
        names = get_text_list([f"{role.label}s" for role in Role if role in roles], "and")
        msg = f"Only {names} of {project.name} may do this. Ask its manager for the role."
        raise PermissionDenied(msg)
    return project


def may_create_project(user: User) -> bool:
    """Whether a person may start a project: staff, and who manages one already."""
    return user.is_staff or user.is_superuser or user.memberships.filter(role=Role.MANAGER).exists()


def project_member(user: User | AnonymousUser, slug: str, pk: int) -> Membership:
    """Return a membership of a project that the person manages.

    Raises:
        Http404: no such project or membership, or a stranger asks.
        PermissionDenied: a member who is no manager asks.
    """
    project = member_project(user, slug, MANAGING)
    return get_object_or_404(
        Membership.objects.select_related("project", "user"), pk=pk, project=project
    )


def project_invitation(user: User | AnonymousUser, slug: str, pk: int) -> Invitation:
    """Return an invitation into a project that the person manages.

    Raises:
        Http404: no such project or invitation, or a stranger asks.
        PermissionDenied: a member who is no manager asks.
    """
    project = member_project(user, slug, MANAGING)
    return get_object_or_404(Invitation.objects.select_related("project"), pk=pk, project=project)
