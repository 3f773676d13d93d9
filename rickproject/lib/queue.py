"""Work in the background: enqueue by name, once the transaction is committed."""

import logging
from collections.abc import Callable
from typing import Any

from celery import current_app, shared_task
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def enqueue_on_commit(task_name: str, **ids: int) -> None:
    """Send a task to its queue when the surrounding transaction commits.

    The row that the task works on stays queued when the broker is away; the sweeper sends it again.

    Args:
        task_name: as registered, such as ``curation.import_script``.
        ids: primary keys only.

    Raises:
        KeyError: no such task is registered.
    """
    task = current_app.tasks[task_name]

    def send() -> None:
        try:
            task.apply_async(kwargs=ids)
        except (OperationalError, OSError):
            logger.warning("the broker is away, %s waits for the sweeper", task_name)

    transaction.on_commit(send)


def sweep_task(name: str, *, every_seconds: int) -> Callable[[Callable[[], None]], Any]:
    """Register a task that beat sends every so often; each tick must be harmless when doubled.

    Args:
        name: as registered, such as ``curation.sweep_exports``.
        every_seconds: from one tick to the next.
    """
    options: dict[str, Any] = {"sweep_every_seconds": every_seconds}
    return shared_task(name=name, **options)
