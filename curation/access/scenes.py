"""Episodes as those who cut them see them."""

from django.contrib.auth.models import AnonymousUser, User
from django.http import Http404

from curation.enums import ScriptState
from curation.models import Episode, Project

from .projects import ANNOTATING, member_project


def annotated_project(user: User | AnonymousUser, slug: str) -> Project:
    """Return the project if the person works on its scenes.

    Raises:
        Http404: a stranger; PermissionDenied: a member with another role.
    """
    return member_project(user, slug, ANNOTATING)


def annotated_episode(user: User | AnonymousUser, slug: str, pk: int) -> Episode:
    """Return an imported episode of the project, its script and project loaded with it.

    Raises:
        Http404: a stranger, or no such episode; PermissionDenied: a member with another role.
    """
    project = annotated_project(user, slug)
    episode = (
        Episode.objects.filter(pk=pk, script__project=project, script__state=ScriptState.IMPORTED)
        .select_related("script")
        .first()
    )
    if episode is None:
        msg = "There is no such episode in this project."
        raise Http404(msg)
    episode.script.project = project
    return episode
