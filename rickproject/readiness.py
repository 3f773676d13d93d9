"""Whether the platform is complete: database, broker, workers per queue, beat, disk."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

from rickproject.broker import answers
from rickproject.config import get_config
from rickproject.heartbeats import heartbeat_ages

OLDEST_HEARTBEAT_SECONDS = 60.0
LEAST_FREE_BYTES = 500 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what it is, whether it is well, and what to do if not."""

    subject: str
    ok: bool
    detail: str
    remedy: str = ""


def readiness_problems() -> list[str]:
    """Return the subjects that are not well, in words without addresses or secrets."""
    return [f"{finding.subject}: {finding.detail}" for finding in look() if not finding.ok]


def look() -> Iterator[Finding]:
    """Look at everything that pages and background work need."""
    database = look_at_database()
    yield database
    yield look_at_broker()
    if database.ok:
        yield from look_at_heartbeats()
    yield look_at_disk()


def look_at_database() -> Finding:
    """Ask the database for a row."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return Finding(
            "database",
            ok=False,
            detail="does not answer",
            remedy="Start it and check DATABASE_URL.",
        )
    return Finding("database", ok=True, detail=connection.vendor)


def look_at_broker() -> Finding:
    """Ping the queue's server."""
    if answers(settings.CELERY_BROKER_URL):
        kind = "REDIS_URL" if get_config().redis_url else "embedded"
        return Finding("broker", ok=True, detail=f"answers ({kind})")
    return Finding(
        "broker",
        ok=False,
        detail="does not answer; work waits in the database and nothing is lost",
        remedy="Start it: python manage.py up (or check REDIS_URL).",
    )


def look_at_heartbeats() -> Iterator[Finding]:
    """Compare beat's and each queue's last sign of life with the clock."""
    names = ["beat", *(f"queue:{queue}" for queue in settings.QUEUES)]
    for name, age in heartbeat_ages(names).items():
        subject = "beat" if name == "beat" else f"worker of queue {name.removeprefix('queue:')}"
        role = "beat" if name == "beat" else "worker"
        remedy = f"Start it: python manage.py up --only {role}; its log is in var/logs."
        if age is None:
            yield Finding(subject, ok=False, detail="has never been seen", remedy=remedy)
        elif age > OLDEST_HEARTBEAT_SECONDS:
            yield Finding(subject, ok=False, detail=f"last seen {age:.0f} s ago", remedy=remedy)
        else:
            yield Finding(subject, ok=True, detail=f"seen {age:.0f} s ago")


def look_at_disk(folder: Path | None = None) -> Finding:
    """Compare the free space below var/ with what an export and a checkpoint need."""
    folder = folder or get_config().var_dir
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        return Finding(
            "disk",
            ok=False,
            detail=f"{free // 1024**2} MB free",
            remedy="Free some space: exports and checkpoints stop when the disk is full.",
        )
    return Finding("disk", ok=True, detail=f"{free / 1024**3:.1f} GB free")
