"""Doors for the workers of training: ids in, one domain call."""

from .chat import close_abandoned_replies_task
from .uploads import delete_expired_uploads_task

__all__ = ["close_abandoned_replies_task", "delete_expired_uploads_task"]
