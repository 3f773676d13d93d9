"""Scripts and characters of a project."""

from django.contrib.auth.models import AnonymousUser, User
from django.http import Http404

from curation.enums import Role
from curation.models import Character, Script

from .projects import ANNOTATING, MANAGING, member_project


def project_script(
    user: User | AnonymousUser, slug: str, pk: int, roles: frozenset[Role] = ANNOTATING
) -> Script:
    """Return a script of a project.

    Raises:
        Http404: the person is no member, or the project has no such script.
        PermissionDenied: a member without one of the roles.
    """
    project = member_project(user, slug, roles)
    script = Script.objects.filter(project=project, pk=pk).select_related("created_by").first()
    if script is None:
        msg = f"There is no such script in {project.name}; it may have been discarded."
        raise Http404(msg)
    script.project = project
    return script


def script_character(
    user: User | AnonymousUser, slug: str, pk: int, character: int
) -> tuple[Script, Character]:
    """Return a script and a character of its project, for managers.

    Raises:
        Http404: the person is no member, or the project has no such script or character.
        PermissionDenied: a member who is no manager.
    """
    script = project_script(user, slug, pk, MANAGING)
    found = (
        Character.objects.filter(project=script.project, pk=character)
        .select_related("alias_of")
        .first()
    )
    if found is None:
        msg = f"There is no such character in {script.project.name}."
        raise Http404(msg)
    found.project = script.project
    return script, found
