"""Mail with links that open accounts: stored sealed, sent by a worker, tried again for a day."""

import json
import logging
from datetime import timedelta

from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from curation.models import SealedMail
from rickproject.config import get_config
from rickproject.lib.queue import enqueue_on_commit
from rickproject.lib.sealed import SealError, seal, unseal

MOST_ATTEMPTS = 10
FIRST_WAIT_SECONDS = 60  # doubles; ten attempts take about 17 hours
SENT_AT_ONCE = 100

logger = logging.getLogger(__name__)


@transaction.atomic
def post_mail(message: EmailMessage) -> None:
    """Hand a plain text mail over to be sent, so that no page waits for the mail server.

    Where the site sends no mail it is written into its file at once.
    """
    if not get_config().sends_email:
        message.send()
        return
    parts = {
        "subject": str(message.subject),
        "body": str(message.body),
        "from_email": message.from_email,
        "to": list(message.to),
    }
    mail = SealedMail.objects.create(sealed=seal(json.dumps(parts)), next_try_at=timezone.now())
    enqueue_on_commit("curation.send_sealed_mail", mail_id=mail.pk)


def send_sealed_mail(mail_id: int) -> None:
    """Send one mail and forget it; one that is refused is tried again later, then dropped.

    A worker that dies between sending and forgetting sends it twice.
    """
    mail = SealedMail.objects.filter(pk=mail_id, next_try_at__lte=timezone.now()).first()
    if mail is None:
        return
    wait = timedelta(seconds=FIRST_WAIT_SECONDS * 2**mail.attempts)
    mine = SealedMail.objects.filter(pk=mail.pk, attempts=mail.attempts)
    if not mine.update(attempts=F("attempts") + 1, next_try_at=timezone.now() + wait):
        return  # somebody else sends it
    try:
        EmailMessage(**json.loads(unseal(mail.sealed))).send()
    except (OSError, SealError) as error:  # the errors of smtplib are OSErrors
        logger.warning("mail was not sent", extra={"mail": mail.pk, "kind": type(error).__name__})
        if mail.attempts + 1 < MOST_ATTEMPTS:
            SealedMail.objects.filter(pk=mail.pk).update(error=type(error).__name__)
            return
        logger.exception("mail is given up", extra={"mail": mail.pk})
    SealedMail.objects.filter(pk=mail.pk).delete()


def resume_waiting_mail() -> None:
    """Send again the tasks of mails whose time has come."""
    due = SealedMail.objects.filter(next_try_at__lte=timezone.now())
    for key in due.values_list("pk", flat=True)[:SENT_AT_ONCE]:
        enqueue_on_commit("curation.send_sealed_mail", mail_id=key)
