"""Uploaded files whose time is over."""

from rickproject.lib.queue import sweep_task
from training.domain.uploads import delete_expired_uploads


@sweep_task("training.delete_expired_uploads", every_seconds=300)
def delete_expired_uploads_task() -> None:
    """Delete what its uploader wanted kept for a while only."""
    delete_expired_uploads()
