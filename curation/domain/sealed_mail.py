"""Mail with links that open accounts: stored sealed, sent by a worker, tried again for a day."""

import json
import logging
from datetime import timedelta

from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from curation.domain.mail_faults import MAIL_FAULTS, is_final, reason_of
from curation.models import SealedMail
from rickproject.config import get_config
from rickproject.lib.queue import enqueue_on_commit
from rickproject.lib.sealed import SealError, seal, unseal

MOST_ATTEMPTS = 10
FIRST_WAIT_SECONDS = 60  # doubles; ten attempts take about 17 hours
SENT_AT_ONCE = 100
FAILURES_KEPT_DAYS = 30

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
    """Send one mail and forget it; one that is refused is tried again later, for about 17 hours.

    What cannot be sent at all, or was refused to the end, is given up: its text is forgotten, and
    that and why is kept for the operator. A worker that dies between sending and forgetting sends
    it twice.
    """
    waiting = SealedMail.objects.filter(failed_at=None, next_try_at__lte=timezone.now())
    mail = waiting.filter(pk=mail_id).first()
    if mail is None:
        return
    wait = timedelta(seconds=FIRST_WAIT_SECONDS * 2 ** min(mail.attempts, MOST_ATTEMPTS))
    mine = SealedMail.objects.filter(pk=mail.pk, attempts=mail.attempts)
    if not mine.update(attempts=F("attempts") + 1, next_try_at=timezone.now() + wait):
        return  # somebody else sends it
    try:
        EmailMessage(**json.loads(unseal(mail.sealed))).send()
    except (*MAIL_FAULTS, SealError) as error:
        _keep_failure(mail, error)
    else:
        SealedMail.objects.filter(pk=mail.pk).delete()


def _keep_failure(mail: SealedMail, error: Exception) -> None:
    """Let a mail wait for its next try, or give it up; the log has neither its text nor address."""
    kind = type(error).__name__
    lost_key = isinstance(error, SealError)  # it may be put back
    if (lost_key or not is_final(error)) and mail.attempts + 1 < MOST_ATTEMPTS:
        logger.warning("mail was not sent", extra={"mail": mail.pk, "kind": kind})
        SealedMail.objects.filter(pk=mail.pk).update(error=kind)
        return
    reason = f"its key is gone ({kind})" if lost_key else reason_of(error)
    logger.error("mail is given up", extra={"mail": mail.pk, "reason": reason})
    SealedMail.objects.filter(pk=mail.pk).update(sealed="", error=reason, failed_at=timezone.now())


def resume_waiting_mail() -> None:
    """Send again the tasks of mails whose time has come; forget old failures."""
    now = timezone.now()
    SealedMail.objects.filter(failed_at__lt=now - timedelta(days=FAILURES_KEPT_DAYS)).delete()
    due = SealedMail.objects.filter(failed_at=None, next_try_at__lte=now)
    for key in due.values_list("pk", flat=True)[:SENT_AT_ONCE]:
        enqueue_on_commit("curation.send_sealed_mail", mail_id=key)
