"""What a person is told, as far as they may read it now."""

from django.contrib.auth.models import User
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from curation.enums import NotificationKind
from curation.models import Membership, Notification
from curation.queries.assignments import WORKING_ROLES
from curation.queries.layers import ADJUDICATORS
from curation.queries.threads import readable_threads
from rickproject.lib.kept_queries import Given, KeptQuery


def notifications_open_to(user: User) -> QuerySet[Notification]:
    """Return a person's notifications that they may read now.

    Left out is what the blind rule closes and what is of projects they work in no more; it is
    there again as soon as it is open.
    """
    return _readable(user.pk, decides_everywhere=user.is_superuser)


def _readable(user: int | Given, *, decides_everywhere: bool) -> QuerySet[Notification]:
    threads = readable_threads(user, decides_everywhere=decides_everywhere)
    found = Notification.objects.filter(user=user)
    # Asked of each notification: as a list it would be made of every thread there is.
    found = found.filter(Q(thread=None) | Q(Exists(threads.filter(pk=OuterRef("thread")))))
    if decides_everywhere:
        return found
    held = Membership.objects.filter(project=OuterRef("project"), user=user)
    return found.filter(
        Q(Exists(held.filter(role__in=WORKING_ROLES)), dataset=None)
        | Q(Exists(held.filter(role__in=ADJUDICATORS)))
        | Q(Exists(held), kind=NotificationKind.MODEL_READY)
    )


def _kept_count(*, decides_everywhere: bool) -> KeptQuery[tuple[int, int]]:
    def make() -> QuerySet[Notification, tuple[int, int]]:
        unread = _readable(Given("user"), decides_everywhere=decides_everywhere).filter(
            read_at=None
        )
        return unread.order_by().values_list("user").annotate(Count("pk"))

    return KeptQuery(make)


_COUNTS = {is_super: _kept_count(decides_everywhere=is_super) for is_super in (False, True)}


def count_unread(user: User) -> int:
    """Count what a person has not read and may read, in one query over their unread rows."""
    found = _COUNTS[user.is_superuser].first(user=user.pk)
    return found[1] if found else 0


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
