"""Keeping conversations in order."""

from rickproject.lib.queue import sweep_task
from training.domain.chat import close_abandoned_replies

LONGEST_REPLY_SECONDS = 600


@sweep_task("training.close_abandoned_replies", every_seconds=60)
def close_abandoned_replies_task() -> None:
    """Mark replies as broken off whose web process died."""
    close_abandoned_replies(LONGEST_REPLY_SECONDS)
