from datetime import timedelta

import pytest
from django.utils import timezone

from curation.models import Heartbeat
from rickproject import health
from rickproject.health import read_health
from tests.factories import ScriptFactory

EVERYONE = ("beat", "queue:default", "queue:export", "queue:training")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def broker(monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """Whether the broker answers, as each test wants it."""
    state = {"answers": True}
    monkeypatch.setattr(health, "_broker_answers", lambda _window: state["answers"])
    return state


def beat(*names: str, seconds_ago: float = 0) -> None:
    for name in names:
        seen_at = timezone.now() - timedelta(seconds=seconds_ago)
        Heartbeat.objects.update_or_create(name=name, defaults={"seen_at": seen_at})


def test_health_is_ok_when_everyone_was_seen_lately() -> None:
    beat(*EVERYONE, seconds_ago=5)
    assert (read_health().state, len(read_health().signs)) == ("ok", 4)


def test_health_is_slow_before_it_is_down() -> None:
    beat(*EVERYONE)
    beat("queue:export", seconds_ago=45)
    assert read_health().state == "slow"
    beat("queue:export", seconds_ago=61)
    assert read_health().state == "down"
    assert read_health().advice.startswith("Silent: export worker.")


def test_health_is_down_when_a_queue_was_never_seen() -> None:
    beat(*EVERYONE[:-1])
    assert read_health().advice.startswith("Silent: training worker.")


def test_health_names_the_broker_when_it_does_not_answer(broker: dict[str, bool]) -> None:
    beat(*EVERYONE, seconds_ago=100)
    assert read_health().advice.startswith("The workers or their schedule do not run.")
    broker["answers"] = False
    assert read_health().advice.startswith("The queue's server does not answer.")


def test_health_says_how_much_waits_and_since_when() -> None:
    ScriptFactory(state="uploaded")
    oldest = ScriptFactory(state="uploaded")
    since = timezone.now() - timedelta(hours=3)
    type(oldest).objects.filter(pk=oldest.pk).update(created_at=since)
    assert f"2 pieces of work wait since {since:%H:%M} (UTC)." in read_health().advice


def test_health_ignores_heartbeats_of_roles_that_are_no_more() -> None:
    beat(*EVERYONE)
    beat("queue:old", seconds_ago=9999)
    assert read_health().state == "ok"
