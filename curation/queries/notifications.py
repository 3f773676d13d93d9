"""What a person is told, as far as they may read it now."""

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet

from curation.models import Membership, Notification
from curation.queries.assignments import WORKING_ROLES
from curation.queries.layers import ADJUDICATORS
from curation.queries.threads import threads_open_to


def notifications_open_to(user: User) -> QuerySet[Notification]:
    """Return a person's notifications that they may read now.

    Left out is what the blind rule closes and what is of projects they work in no more; it is
    there again as soon as it is open.
    """
    found = Notification.objects.filter(user=user)
    found = found.filter(Q(thread=None) | Q(thread__in=threads_open_to(user)))
    if user.is_superuser:
        return found
    held = Membership.objects.filter(project=OuterRef("project"), user=user)
    return found.filter(
        Q(Exists(held.filter(role__in=WORKING_ROLES)), dataset=None)
        | Q(Exists(held.filter(role__in=ADJUDICATORS)))
    )


def count_unread(user: User) -> int:
    """Count what a person has not read and may read, in one query over their unread rows."""
    return notifications_open_to(user).filter(read_at=None).count()


def with_places(found: QuerySet[Notification]) -> QuerySet[Notification]:
    """Load with notifications all that their words and addresses need."""
    return found.select_related(
        "actor",
        "project",
        "comment",
        "thread__utterance",
        "thread__episode",
        "dataset",
        "episode",
    )
