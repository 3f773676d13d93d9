"""Doors for the workers of training: ids in, one domain call."""

from .chat import close_abandoned_replies_task, give_back_reservations_task
from .moderation import moderate_dataset_task
from .uploads import delete_expired_uploads_task

__all__ = [
    "close_abandoned_replies_task",
    "delete_expired_uploads_task",
    "give_back_reservations_task",
    "moderate_dataset_task",
]
