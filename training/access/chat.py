"""Whose conversations are whose."""

from collections.abc import Collection
from typing import NamedTuple

from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.models import Session
from django.http import Http404
from django.utils import timezone

from curation.access import TALKING, member_project
from curation.models import Membership
from rickproject.lib.kept_queries import Given, KeptQuery
from training.models import Conversation, Message
from training.queries.api_keys import usable_keys

_CONVERSATION = KeptQuery(
    lambda: (
        Conversation.objects.filter(pk=Given("pk"), project=Given("project"), user=Given("user"))
        .select_related("model__dataset", "model__character")
        .order_by()
    )
)


def own_conversation(user: User | AnonymousUser, slug: str, pk: int) -> Conversation:
    """Return a conversation of the person's own in a project where they may talk.

    Raises:
        Http404: it is somebody else's, another project's, or there is none.
    """
    project = member_project(user, slug, TALKING)
    conversation = _CONVERSATION.first(pk=pk, project=project.pk, user=user.pk or 0)
    if conversation is None:
        msg = "There is no such conversation of yours."
        raise Http404(msg)
    conversation.project = conversation.model.project = project
    return conversation


def own_message(conversation: Conversation, pk: int) -> Message:
    """Return a message of a conversation.

    Raises:
        Http404: it is another conversation's, or there is none.
    """
    message = conversation.messages.filter(pk=pk).select_related("parent", "model").first()
    if message is None:
        msg = "There is no such message."
        raise Http404(msg)
    return message


class Talker(NamedTuple):
    """Who listens to a reply, as it was when it began; ``password`` is the stored hash.

    A program has a key in place of a session.
    """

    user_id: int
    password: str
    session_key: str
    project_id: int
    key_id: int | None = None


def still_talking(talkers: Collection[Talker]) -> set[Talker]:
    """Return who may still listen: logged in, the account open, still in the project.

    Three queries, however many there are, and a fourth where somebody came with a key.
    """
    people = {talker.user_id for talker in talkers}
    accounts = {
        pk: (password, is_superuser)
        for pk, password, is_superuser in User.objects.filter(
            pk__in=people, is_active=True
        ).values_list("pk", "password", "is_superuser")
    }
    sessions = set(
        Session.objects.filter(
            session_key__in={talker.session_key for talker in talkers},
            expire_date__gt=timezone.now(),
        ).values_list("session_key", flat=True)
    )
    projects = {talker.project_id for talker in talkers}
    members = set(
        Membership.objects.filter(
            user__in=people, project__in=projects, role__in=TALKING
        ).values_list("user_id", "project_id")
    )

    asked = {talker.key_id for talker in talkers if talker.key_id is not None}
    keys = set(usable_keys().filter(pk__in=asked).values_list("pk", flat=True)) if asked else set()

    def may_listen(talker: Talker) -> bool:
        password, is_superuser = accounts.get(talker.user_id, (None, False))
        is_member = is_superuser or (talker.user_id, talker.project_id) in members
        is_in = talker.session_key in sessions if talker.key_id is None else talker.key_id in keys
        return password == talker.password and is_in and is_member

    return {talker for talker in talkers if may_listen(talker)}
