"""Whether the processes behind the pages still show themselves, in words for people."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.utils import timezone

from curation.enums import DatasetState, ExportState, ScriptState
from curation.models import DatasetVersion, Export, Heartbeat, Script
from rickproject.broker import answers
from training.enums import JobState
from training.models import FineTuneJob

SLOW_AFTER = timedelta(seconds=35)
DOWN_AFTER = timedelta(seconds=60)
PING_AGAIN_SECONDS = 10
MOST_COUNTED = 1000
ADVICE = {
    "ok": "Imports, exports and training run as they come.",
    "slow": "Some work starts late. It goes on by itself; nothing is lost.",
}
NOTHING_LOST = (
    "Nothing is lost. The operator starts everything with “python manage.py up” and finds the "
    "cause with “python manage.py doctor”."
)


@dataclass(frozen=True, slots=True)
class Sign:
    """When one process last showed itself, and how that is to be read."""

    name: str
    seen_at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class Health:
    """All signs of life in one word: ok, slow or down."""

    state: str
    words: str
    advice: str
    signs: list[Sign]


def read_health() -> Health:
    """Read the heartbeats of beat and of every queue; one that was never seen is down."""
    now = timezone.now()
    beats = {beat.name: beat for beat in Heartbeat.objects.all()}
    expected = ["beat", *(f"queue:{queue}" for queue in settings.QUEUES)]
    signs = [_sign(beats[name], now) for name in expected if name in beats]
    states = {sign.state for sign in signs}
    if len(signs) < len(expected) or "down" in states:
        cause = _cause(signs, missing=[name for name in expected if name not in beats])
        return Health("down", "worker down", f"{cause} {_waiting()}{NOTHING_LOST}", signs)
    state = "slow" if "slow" in states else "ok"
    return Health(state, f"worker {state}", ADVICE[state], signs)


def _sign(beat: Heartbeat, now: datetime) -> Sign:
    age = now - beat.seen_at
    state = "ok" if age < SLOW_AFTER else "slow" if age < DOWN_AFTER else "down"
    return Sign(_name(beat.name), beat.seen_at, state)


def _name(heartbeat: str) -> str:
    queue = heartbeat.removeprefix("queue:")
    return "schedule" if heartbeat == "beat" else f"{queue} worker"


def _cause(signs: list[Sign], *, missing: list[str]) -> str:
    if not _broker_answers(int(time.monotonic() // PING_AGAIN_SECONDS)):
        return "The queue's server does not answer."
    silent = [sign.name for sign in signs if sign.state == "down"] + [_name(n) for n in missing]
    if len(silent) == len(settings.QUEUES) + 1 or "schedule" in silent:
        return "The workers or their schedule do not run."
    return f"Silent: {', '.join(silent)}."


@lru_cache(maxsize=1)
def _broker_answers(_window: int) -> bool:
    """Ping the queue's server, at most once in a window of seconds for this process."""
    return answers(settings.CELERY_BROKER_URL, timeout_seconds=1)


def _waiting() -> str:
    """Say how much waits and since when; empty when nothing does."""
    waits = (
        Script.objects.filter(state=ScriptState.UPLOADED),
        DatasetVersion.objects.filter(state=DatasetState.QUEUED),
        Export.objects.filter(state=ExportState.QUEUED),
        FineTuneJob.objects.filter(state=JobState.QUEUED),
    )
    first, *others = (rows.order_by().values_list("created_at") for rows in waits)
    since = sorted(row[0] for row in first.union(*others, all=True)[:MOST_COUNTED])
    if not since:
        return ""
    verb = "piece of work waits" if len(since) == 1 else "pieces of work wait"
    return f"{len(since)} {verb} since {since[0]:%H:%M} (UTC). "
