"""Whether the processes behind the pages still show themselves."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from curation.models import Heartbeat

SLOW_AFTER = timedelta(seconds=60)
DOWN_AFTER = timedelta(seconds=120)
ADVICE = {
    "ok": "Imports, exports and training run as they come.",
    "slow": "Some work starts late. It goes on by itself; nothing is lost.",
    "down": "Imports, exports and training wait and nothing is lost. The operator starts the "
    "workers with “python manage.py up” and finds the cause with “python manage.py doctor”.",
}


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


def _sign(beat: Heartbeat, now: datetime) -> Sign:
    age = now - beat.seen_at
    state = "ok" if age < SLOW_AFTER else "slow" if age < DOWN_AFTER else "down"
    name = beat.name.removeprefix("queue:")
    return Sign("schedule" if name == "beat" else f"{name} worker", beat.seen_at, state)


def read_health() -> Health:
    """Read the heartbeats; a system without any has never had a worker."""
    now = timezone.now()
    signs = [_sign(beat, now) for beat in Heartbeat.objects.all()]
    states = {sign.state for sign in signs}
    state = "down" if not signs or "down" in states else "slow" if "slow" in states else "ok"
    words = {"ok": "worker ok", "slow": "worker slow", "down": "worker down"}[state]
    return Health(state, words, ADVICE[state], signs)
