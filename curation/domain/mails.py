"""E-mail of notifications: put together once, sent by one, tried again until it went or is stale.

A digest is due at each person's hour. Which notifications a mail tells is written with the mail,
in one transaction that only one process can win; its words are made when it is sent, of what the
person may still read and has not read meanwhile. What was left out waits for another mail.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from curation.domain import leases
from curation.domain.mail_faults import MAIL_FAULTS, is_final, reason_of
from curation.domain.mail_words import compose
from curation.domain.notifications import next_digest
from curation.enums import MailChoice, MailState, NotificationKind
from curation.models import MailSetting, Notification, OutgoingMail
from curation.queries.notifications import notifications_open_to, with_places

logger = logging.getLogger(__name__)
LEASE_SECONDS = 120
MOST_A_MAIL = 100
LONGEST_PAUSE_MINUTES = 360
MOST_ATTEMPTS = 12  # in about 27 hours


def queue_mails(now: datetime | None = None) -> None:
    """Put together the digests that are due and the mails of fresh mentions."""
    moment = now or timezone.now()
    due = MailSetting.objects.filter(next_digest_at__lte=moment).exclude(choice=MailChoice.OFF)
    for setting in due.select_related("user").order_by("next_digest_at")[:MOST_A_MAIL]:
        _queue_digest(setting, moment)
    unread = Notification.objects.filter(
        kind=NotificationKind.MENTIONED,
        read_at=None,
        mail=None,
        user__mail_setting__choice=MailChoice.AT_ONCE,
    )
    waiting = MailSetting.objects.filter(user__in=unread.values("user")).select_related("user")
    for setting in waiting:
        _queue(setting, kinds=[NotificationKind.MENTIONED])


@transaction.atomic
def _queue_digest(setting: MailSetting, now: datetime) -> None:
    following = next_digest(now, hour=setting.hour, time_zone=setting.time_zone)
    own = MailSetting.objects.filter(pk=setting.pk, next_digest_at=setting.next_digest_at)
    if own.update(next_digest_at=following):
        _queue(setting, kinds=list(NotificationKind), is_digest=True)


@transaction.atomic
def _queue(setting: MailSetting, *, kinds: list[NotificationKind], is_digest: bool = False) -> None:
    """Write a mail and what it tells; nothing where others were faster or there is no address."""
    if not (setting.user.email and setting.user.is_active):
        return
    fresh = notifications_open_to(setting.user).filter(
        read_at=None, mail=None, kind__in=kinds, created_at__gte=setting.since
    )
    pks = list(fresh.order_by("pk").values_list("pk", flat=True)[:MOST_A_MAIL])
    if not pks:
        return
    mail = OutgoingMail.objects.create(user=setting.user, is_digest=is_digest)
    if not Notification.objects.filter(pk__in=pks, mail=None).update(mail=mail):
        mail.delete()


def waiting_mails(now: datetime | None = None) -> list[int]:
    """Return the ids of mails to be sent now: their time has come, or their sender died."""
    moment = now or timezone.now()
    queued = OutgoingMail.objects.filter(state=MailState.QUEUED, next_try_at__lte=moment)
    lost = OutgoingMail.objects.filter(state=MailState.SENDING, lease_until__lt=moment)
    return list((queued | lost).order_by("next_try_at").values_list("pk", flat=True)[:MOST_A_MAIL])


def send_mail(mail: OutgoingMail) -> bool:
    """Send one mail; safe to call twice or at once.

    A sender that dies after the server took the mail and before it is written down sends it again,
    with the same Message-ID, by which mail programs know it.

    Returns:
        False when it is not to be sent now, not by this one, or the server did not take it.
    """
    owner = leases.new_owner()
    if mail.next_try_at > timezone.now() or not leases.claim(
        mail,
        owner,
        states=[MailState.QUEUED],
        working_state=MailState.SENDING,
        seconds=LEASE_SECONDS,
    ):
        return False
    if mail.attempts > MOST_ATTEMPTS:  # whoever sent it never came to an end
        _give_up(mail, owner, "its senders stopped each time")
        return False
    told = _still_wanted(mail)
    if not told:
        _end(mail, owner, told=[], state=MailState.DROPPED)
        return False
    try:
        compose(mail, told).send()
    except MAIL_FAULTS as error:
        if is_final(error) or mail.attempts >= MOST_ATTEMPTS:
            _give_up(mail, owner, reason_of(error))
        else:
            logger.warning("mail %s was not taken: %s", mail.pk, error)
            _try_later(mail, owner, error)
        return False
    _end(mail, owner, told=told, state=MailState.SENT, error_detail="")
    return True


def last_failure(user: User) -> OutgoingMail | None:
    """Return a mail of this person that the server refused and that is tried again, if any."""
    waiting = OutgoingMail.objects.filter(user=user, state=MailState.QUEUED)
    return waiting.exclude(error_detail="").first()


def _still_wanted(mail: OutgoingMail) -> list[Notification]:
    setting = MailSetting.objects.filter(user=mail.user_id).first()
    if setting is None or setting.choice == MailChoice.OFF or not mail.user.is_active:
        return []
    own = notifications_open_to(mail.user).filter(mail=mail, read_at=None)
    return list(with_places(own).order_by("project__name", "pk"))


def _try_later(mail: OutgoingMail, owner: str, error: Exception) -> None:
    pause = timedelta(minutes=min(2**mail.attempts, LONGEST_PAUSE_MINUTES))
    _give_back(
        mail,
        owner,
        state=MailState.QUEUED,
        next_try_at=timezone.now() + pause,
        error_detail=f"{type(error).__name__}: {error}"[:300],
    )


def _give_up(mail: OutgoingMail, owner: str, reason: str) -> None:
    """End a mail that nobody will get; what it told stays unread in the page."""
    logger.error("mail %s is given up: %s", mail.pk, reason)
    _give_back(mail, owner, state=MailState.FAILED, error_detail=reason)


@transaction.atomic
def _end(mail: OutgoingMail, owner: str, *, told: Sequence[Notification], **values: object) -> None:
    if _give_back(mail, owner, **values):
        left_out = Notification.objects.filter(mail=mail)
        left_out.exclude(pk__in=[one.pk for one in told]).update(mail=None)


def _give_back(mail: OutgoingMail, owner: str, **values: object) -> bool:
    changed = OutgoingMail.objects.filter(pk=mail.pk, lease_owner=owner).update(
        lease_owner="", lease_until=None, updated_at=timezone.now(), **values
    )
    mail.refresh_from_db()
    return bool(changed)
