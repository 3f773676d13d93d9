"""Finished layers: nobody sees a colleague's before their own is submitted."""

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied

from curation.models import Episode
from curation.queries.layers import is_adjudicator, may_see_layers

from .scenes import annotated_episode


def compared_episode(user: User | AnonymousUser, slug: str, pk: int) -> Episode:
    """Return an episode whose finished layers are open to this person.

    Raises:
        Http404: a stranger, or no such episode.
        PermissionDenied: a member with another role, or one whose own layer is not submitted.
    """
    episode = annotated_episode(user, slug, pk)
    if not isinstance(user, User) or not may_see_layers(user, episode):
        msg = (
            "Colleagues' scenes, and how far you agree with them, open to you once you have "
            "submitted your own layer of this episode."
        )
        raise PermissionDenied(msg)
    return episode


def adjudicated_episode(user: User | AnonymousUser, slug: str, pk: int) -> Episode:
    """Return an episode on whose splits this person may decide: reviewers and managers.

    Raises:
        Http404: a stranger, or no such episode.
        PermissionDenied: a member without that role, or one who still cuts a layer of their own.
    """
    episode = annotated_episode(user, slug, pk)
    if not isinstance(user, User) or not is_adjudicator(user, episode.script.project):
        msg = "Reviewers and managers decide between layers; ask one of them."
        raise PermissionDenied(msg)
    return compared_episode(user, slug, pk)
