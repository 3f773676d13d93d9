"""Threads of comments as the people of their project reach them."""

from django.contrib.auth.models import AnonymousUser, User
from django.http import Http404

from curation.models import Episode, Thread, Utterance
from curation.queries.threads import threads_open_to

from .projects import ANNOTATING, member_project
from .scenes import annotated_episode


def project_thread(user: User | AnonymousUser, slug: str, pk: int) -> Thread:
    """Return a thread of the project that this person may read, its place loaded with it.

    Raises:
        Http404: a stranger, no such thread, or one that the blind rule closes to the person.
        PermissionDenied: a member with another role.
    """
    project = member_project(user, slug, ANNOTATING)
    found = threads_open_to(user) if isinstance(user, User) else Thread.objects.none()
    thread = (
        found.filter(project=project, pk=pk)
        .select_related("project", "dialogue", "utterance", "episode__script")
        .first()
    )
    if thread is None:
        msg = "There is no such thread in this project, or it opens to you later."
        raise Http404(msg)
    return thread


def annotated_line(
    user: User | AnonymousUser, slug: str, pk: int, position: int
) -> tuple[Episode, Utterance]:
    """Return a line of an imported episode, the episode's script and project loaded.

    Raises:
        Http404: a stranger, or no such line; PermissionDenied: a member with another role.
    """
    episode = annotated_episode(user, slug, pk)
    found = Utterance.objects.filter(episode=episode, position=position)
    line = found.select_related("character").first()
    if line is None:
        msg = "This episode has no such line."
        raise Http404(msg)
    line.episode = episode
    return episode, line
