"""Requests to language models and drafted notes reach views only through here."""

from django.contrib.auth.models import AnonymousUser, User
from django.http import Http404

from curation.access.scenes import annotated_episode
from curation.models import Episode, NoteDraft
from curation.queries.note_drafts import open_note_drafts
from training.models import SuggestionRequest
from training.queries.suggestions import requests_of


def episode_request(
    user: User | AnonymousUser, slug: str, pk: int, request_id: int
) -> SuggestionRequest:
    """Return a request of an episode that the person annotates: the team's, or their own.

    Raises:
        Http404: a stranger, no such episode or request, or a colleague's for their own layer.
        PermissionDenied: a member with another role.
    """
    episode = annotated_episode(user, slug, pk)
    found = None
    if isinstance(user, User):
        found = requests_of(episode, user).filter(pk=request_id).first()
    if found is None:
        msg = "There is no such request."
        raise Http404(msg)
    found.episode, found.project = episode, episode.script.project
    return found


def episode_draft(episode: Episode, draft_id: int) -> NoteDraft:
    """Return an undecided draft of an episode.

    Raises:
        Http404: there is none; somebody decided on it, or its scene is gone.
    """
    draft = open_note_drafts(episode).filter(pk=draft_id).first()
    if draft is None:
        msg = "This draft waits no more: somebody decided on it, or its scene is gone."
        raise Http404(msg)
    return draft
