"""Places in the episodes' work as managers reach them."""

from django.contrib.auth.models import AnonymousUser, User
from django.http import Http404

from curation.models import Assignment

from .projects import MANAGING, member_project


def managed_assignment(user: User | AnonymousUser, slug: str, pk: int) -> Assignment:
    """Return a place of a project that the person manages.

    Raises:
        Http404: a stranger, or no such place; PermissionDenied: a member who is no manager.
    """
    project = member_project(user, slug, MANAGING)
    found = Assignment.objects.filter(project=project, pk=pk)
    assignment = found.select_related("episode", "person", "project").first()
    if assignment is None:
        msg = "There is no such place in this project."
        raise Http404(msg)
    return assignment
