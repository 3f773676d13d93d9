"""Whose conversations are whose."""

from django.contrib.auth.models import AnonymousUser, User
from django.http import Http404

from curation.access import TALKING, member_project
from training.models import Conversation, Message


def own_conversation(user: User | AnonymousUser, slug: str, pk: int) -> Conversation:
    """Return a conversation of the person's own in a project where they may talk.

    Raises:
        Http404: it is somebody else's, another project's, or there is none.
    """
    project = member_project(user, slug, TALKING)
    conversation = (
        Conversation.objects.filter(pk=pk, project=project, user_id=user.pk or 0)
        .select_related("model__dataset", "model__character", "model__project", "project", "user")
        .first()
    )
    if conversation is None:
        msg = "There is no such conversation of yours."
        raise Http404(msg)
    return conversation


def own_reply(conversation: Conversation, pk: int) -> Message:
    """Return a message of a conversation.

    Raises:
        Http404: it is another conversation's, or there is none.
    """
    message = conversation.messages.filter(pk=pk).select_related("parent", "model").first()
    if message is None:
        msg = "There is no such message."
        raise Http404(msg)
    return message
