"""Celery beat's schedule: heartbeats and sweeps, from what the tasks say of themselves.

A task that was registered with a period is sent that often::

    @sweep_task("curation.sweep_exports", every_seconds=15)
    def sweep_exports() -> None: ...

A tick that nobody took before the next one is due expires, and every tick must be harmless when
it comes twice.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from celery import Celery
from celery.beat import Scheduler as BaseScheduler
from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from rickproject.heartbeats import note_heartbeat

logger = logging.getLogger(__name__)


def make_schedule(app: Celery) -> dict[str, dict[str, Any]]:
    """Return the entries: a heartbeat for each queue, and every task that wants to be swept."""
    schedule = {
        f"heartbeat of {queue}": _entry(
            "rickproject.note_heartbeat",
            settings.HEARTBEAT_SECONDS,
            kwargs={"queue": queue},
            queue=queue,
        )
        for queue in settings.QUEUES
    }
    for name, task in sorted(app.tasks.items()):
        if seconds := getattr(task, "sweep_every_seconds", None):
            schedule[name] = _entry(name, seconds)
    return schedule


class Scheduler(BaseScheduler):
    """Keeps its times in memory, sends everything at the start, and shows that it lives."""

    _shown_at: datetime | None = None

    def setup_schedule(self) -> None:
        """Fill in the entries, all due at once: what a crash left behind is swept now."""
        self.merge_inplace(make_schedule(self.app))  # type: ignore[arg-type]  # it takes both
        for entry in self.schedule.values():
            entry.last_run_at = timezone.now() - timedelta(days=1)

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        """Send what is due and write beat's own heartbeat now and then."""
        self._show()
        return super().tick(*args, **kwargs)

    def _show(self) -> None:
        now = timezone.now()
        if self._shown_at and (now - self._shown_at).total_seconds() < settings.HEARTBEAT_SECONDS:
            return
        self._shown_at = now
        try:
            note_heartbeat("beat")
        except DatabaseError:
            logger.exception("the heartbeat of beat could not be written")
        finally:
            close_old_connections()


def _entry(
    task: str, seconds: int, *, kwargs: dict[str, str] | None = None, queue: str | None = None
) -> dict[str, Any]:
    options: dict[str, Any] = {"expires": seconds}
    if queue:
        options["queue"] = queue
    return {
        "task": task,
        "schedule": timedelta(seconds=seconds),
        "kwargs": kwargs or {},
        "options": options,
    }
