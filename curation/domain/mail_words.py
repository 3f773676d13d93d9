"""The words of a mail: plain text, links to the site, a way out without logging in."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import parseaddr
from textwrap import indent

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from curation.domain.notification_words import excerpt_of, sentence_of
from curation.models import Notification, OutgoingMail
from rickproject.config import get_config

SALT = "curation.mail-off"
LONGEST_EXCERPT = 1_000
LONGEST_SUBJECT = 150


def compose(mail: OutgoingMail, told: Sequence[Notification]) -> EmailMessage:
    """Return the mail that tells these notifications, ready to be sent.

    Args:
        told: at least one, all of the mail's person, in the order in which they are told.
    """
    way_out = f"{_site()}{reverse('mail_off', args=[off_token(mail.user_id)])}"
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return EmailMessage(
        subject=_subject(mail, told),
        body=_body(told, way_out),
        to=[mail.user.email],
        headers={
            "Message-ID": f"<{mail.message_id}@{host}>",
            "List-Unsubscribe": f"<{way_out}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
        },
    )


def off_token(user_id: int) -> str:
    """Return the signed token with which a person's mail is turned off, and nothing else."""
    return Signer(salt=SALT).sign(str(user_id))


def user_of_token(token: str) -> int | None:
    """Return whose mail a token turns off; None for one that was not made here."""
    try:
        return int(Signer(salt=SALT).unsign(token))
    except (BadSignature, ValueError):
        return None


def _subject(mail: OutgoingMail, told: Sequence[Notification]) -> str:
    names = sorted({one.project.name for one in told})
    where = names[0] if len(names) == 1 else f"{len(names)} projects"
    if mail.is_digest or len(told) > 1:
        count = "1 thing" if len(told) == 1 else f"{len(told)} things"
        words = f"{where}: {count} for you"
    else:
        words = f"{where}: {sentence_of(told[0])}"
    return " ".join(words.split())[:LONGEST_SUBJECT]


def _body(told: Sequence[Notification], way_out: str) -> str:
    parts = []
    project = None
    for one in told:
        if one.project != project:
            project = one.project
            parts.append(f"{project.name}\n{'=' * len(project.name)}")
        quoted = indent(excerpt_of(one)[:LONGEST_EXCERPT], "> ", lambda line: True)
        link = f"{_site()}{reverse('notification', args=[one.pk])}"
        parts.append(
            "\n".join(filter(None, [sentence_of(one), quoted.strip("> \n") and quoted, link]))
        )
    settings_url = f"{_site()}{reverse('notification_settings')}"
    parts.append(f"-- \nWhat comes by mail: {settings_url}\nNo more of these mails: {way_out}")
    return "\n\n".join(parts) + "\n"


def _site() -> str:
    return get_config().address_of_site
