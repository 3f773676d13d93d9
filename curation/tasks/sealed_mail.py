"""Mail in the background."""

from celery import shared_task

from curation.domain import sealed_mail
from rickproject.lib.queue import sweep_task


@shared_task(name="curation.send_sealed_mail")
def send_sealed_mail(*, mail_id: int) -> None:
    """Send one mail."""
    sealed_mail.send_sealed_mail(mail_id)


@sweep_task("curation.sweep_sealed_mail", every_seconds=60)
def sweep_sealed_mail() -> None:
    """Send again the tasks of mails that wait."""
    sealed_mail.resume_waiting_mail()
