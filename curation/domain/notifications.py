"""Telling people: a row for each person and event, in the transaction of the event."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from curation.enums import MailChoice, NotificationKind
from curation.errors import CurationError
from curation.models import (
    Comment,
    DatasetVersion,
    Dialogue,
    Episode,
    MailSetting,
    Notification,
    Project,
    Thread,
)
from curation.queries.notifications import notifications_open_to

LONGEST_WORDS = 300
HOURS = 24
FIELDS: dict[type, str] = {
    Thread: "thread",
    Dialogue: "dialogue",
    DatasetVersion: "dataset",
    Episode: "episode",
}
Place = Comment | Thread | Dialogue | DatasetVersion | Episode | Project


class MailSettingError(CurationError):
    """The hour or the time zone is none."""

    code = "mail_setting"


def notify(
    people: Iterable[User],
    *,
    kind: NotificationKind,
    project: Project,
    actor: User | None,
    on: Place,
    words: str = "",
) -> None:
    """Tell people of an event; call it in the transaction that makes the change.

    Nobody is told of what they did themselves. Who may not read it (membership, blind rule) is not
    shown it until they may, so that callers need not ask.

    Args:
        on: where it leads; a comment tells its words and leads to its thread, a project to its
            chat.
        words: a reason, or what to do; cut at 300 characters.
    """
    wanted = {one.pk: one for one in people if one.is_active and one != actor}
    _ensure_settings(wanted)  # first: what is older than a setting is not mailed
    Notification.objects.bulk_create(
        Notification(
            user=one,
            kind=kind,
            project=project,
            actor=actor,
            words=words[:LONGEST_WORDS],
            **_place(on),
        )
        for one in wanted.values()
    )


def _place(on: Place) -> dict[str, Any]:
    if isinstance(on, Project):
        return {}
    return (
        {"comment": on, "thread": on.thread} if isinstance(on, Comment) else {FIELDS[type(on)]: on}
    )


@transaction.atomic
def choose_mail(
    user: User, *, choice: MailChoice, hour: int, time_zone: str, now: datetime | None = None
) -> MailSetting:
    """Choose what comes by e-mail and when; what was before e-mail was turned on is not sent.

    Raises:
        MailSettingError: there is no such hour or time zone.
    """
    if not 0 <= hour < HOURS or time_zone not in available_timezones():
        msg = "Choose an hour from 0 to 23 and a time zone from the list."
        raise MailSettingError(msg)
    moment = now or timezone.now()
    _ensure_settings([user.pk])
    setting = MailSetting.objects.select_for_update().get(user=user)
    if setting.choice == MailChoice.OFF:
        setting.since = moment
    setting.choice, setting.hour, setting.time_zone = choice, hour, time_zone
    setting.next_digest_at = next_digest(moment, hour=hour, time_zone=time_zone)
    setting.save()
    return setting


def turn_mail_off(user_id: int) -> None:
    """Send a person no more notifications by e-mail, until they choose otherwise."""
    _ensure_settings([user_id])
    MailSetting.objects.filter(user=user_id).update(choice=MailChoice.OFF)


def next_digest(now: datetime, *, hour: int, time_zone: str) -> datetime:
    """Return when the clock of a time zone next shows this full hour, as UTC."""
    there = now.astimezone(ZoneInfo(time_zone))
    then = there.replace(hour=hour, minute=0, second=0, microsecond=0)
    if then <= there:
        then += timedelta(days=1)  # the wall's clock, also where summer time begins or ends
    return then.astimezone(ZoneInfo("UTC"))


def mark_read(user: User, found: QuerySet[Notification] | None = None) -> int:
    """Mark as read all that a person may read, or those of it that are ``found``."""
    own = notifications_open_to(user).filter(read_at=None)
    if found is not None:
        own = own.filter(pk__in=found.values("pk"))
    pks = list(own.values_list("pk", flat=True))
    return Notification.objects.filter(pk__in=pks, read_at=None).update(read_at=timezone.now())


def participants(thread: Thread) -> list[User]:
    """Return who began a thread and who wrote in it."""
    authors = Comment.objects.filter(thread=thread).values("author")
    return list(User.objects.filter(Q(pk=thread.opened_by_id) | Q(pk__in=authors)))


def _ensure_settings(user_ids: Collection[int]) -> None:
    known = MailSetting.objects.filter(user__in=user_ids).values_list("user", flat=True)
    first = next_digest(timezone.now(), hour=8, time_zone="UTC")
    missing = [MailSetting(user_id=pk, next_digest_at=first) for pk in set(user_ids) - set(known)]
    if missing:
        MailSetting.objects.bulk_create(missing, ignore_conflicts=True)
