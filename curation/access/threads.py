"""Threads of comments as the people of their project reach them."""

from django.contrib.auth.models import AnonymousUser, User
from django.http import Http404

from curation.models import Thread

from .projects import ANNOTATING, member_project


def dialogue_thread(user: User | AnonymousUser, slug: str, pk: int) -> Thread:
    """Return a thread on a dialogue of the project, both loaded with it.

    Raises:
        Http404: a stranger, or no such thread; PermissionDenied: a member with another role.
    """
    project = member_project(user, slug, ANNOTATING)
    found = Thread.objects.filter(project=project, pk=pk, dialogue__isnull=False)
    thread = found.select_related("project", "dialogue").first()
    if thread is None:
        msg = "There is no such thread in this project."
        raise Http404(msg)
    return thread
