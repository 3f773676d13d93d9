"""Notifications by e-mail."""

from celery import shared_task

from curation.domain.mails import queue_mails, send_mail, waiting_mails
from curation.models import OutgoingMail
from rickproject.lib.queue import sweep_task


@shared_task(name="curation.send_notification_mail")
def send_notification_mail_task(*, mail_id: int) -> None:
    """Send one mail that waits for it."""
    if mail := OutgoingMail.objects.filter(pk=mail_id).select_related("user").first():
        send_mail(mail)


@sweep_task("curation.sweep_mails", every_seconds=30)
def sweep_mails() -> None:
    """Put together what is due, and send what waits."""
    queue_mails()
    for pk in waiting_mails():
        send_notification_mail_task.delay(mail_id=pk)
