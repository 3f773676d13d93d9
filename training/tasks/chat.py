"""Keeping conversations, and what their answers hold, in order."""

from rickproject.lib.queue import sweep_task
from training.domain.api_keys import give_back_reservations
from training.domain.chat import close_abandoned_replies

LONGEST_REPLY_SECONDS = 600


@sweep_task("training.close_abandoned_replies", every_seconds=60)
def close_abandoned_replies_task() -> None:
    """Mark replies as broken off whose web process died."""
    close_abandoned_replies(LONGEST_REPLY_SECONDS)


@sweep_task("training.give_back_reservations", every_seconds=60)
def give_back_reservations_task() -> None:
    """Give the tokens back that a key holds for answers whose web process died."""
    give_back_reservations(2 * LONGEST_REPLY_SECONDS)
