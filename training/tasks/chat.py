"""Keeping conversations in order."""

from celery import shared_task

from training.domain.chat import close_abandoned_replies

LONGEST_REPLY_SECONDS = 600


@shared_task(name="training.close_abandoned_replies", sweep_every_seconds=60)
def close_abandoned_replies_task() -> None:
    """Mark replies as broken off whose web process died."""
    close_abandoned_replies(LONGEST_REPLY_SECONDS)
