from types import SimpleNamespace

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from rickproject.lib import limits
from rickproject.lib.limits import (
    LimitReachedError,
    LimitsUnavailableError,
    address_of,
    give_back,
    network_of,
    spend,
)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock of the test's own: its only item is the time in seconds."""
    now = [1_000_000.0 - 1_000_000 % 60]
    monkeypatch.setattr(limits, "time", SimpleNamespace(time=lambda: now[0]))
    return now


def test_spend_refuses_the_first_action_over_the_limit(clock: list[float]) -> None:
    for _ in range(3):
        spend("chat", 1, limit=3, seconds=60, what="chat")
    clock[0] += 20
    with pytest.raises(LimitReachedError, match="chat 3 times in 1 minute") as refusal:
        spend("chat", 1, limit=3, seconds=60, what="chat")
    assert refusal.value.retry_after_seconds == 40


def test_spend_allows_again_in_the_next_window(clock: list[float]) -> None:
    spend("chat", 1, limit=1, seconds=60)
    clock[0] += 60
    spend("chat", 1, limit=1, seconds=60)


def test_spend_counts_people_and_limits_apart(clock: list[float]) -> None:
    spend("chat", 1, limit=1, seconds=60)
    spend("chat", 2, limit=1, seconds=60)
    spend("import", 1, limit=1, seconds=60)
    with pytest.raises(LimitReachedError):
        spend("chat", 2, limit=1, seconds=60)


def test_give_back_lets_what_succeeded_and_what_was_refused_not_count(clock: list[float]) -> None:
    for _ in range(5):
        give_back(spend("login", "a name", limit=1, seconds=60))
    spent = spend("login", "a name", limit=1, seconds=60)
    for _ in range(3):
        with pytest.raises(LimitReachedError):
            spend("login", "a name", limit=1, seconds=60)
    give_back(spent)
    spend("login", "a name", limit=1, seconds=60)
    give_back("limit:forgotten")


def test_spend_refuses_when_nobody_can_count(settings: Settings) -> None:
    backend = "django.core.cache.backends.redis.RedisCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": "redis://127.0.0.1:9/1"}}
    with pytest.raises(LimitsUnavailableError, match="does not answer"):
        spend("chat", 1, limit=1, seconds=60)
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}


def test_address_of_believes_a_proxy_only_where_there_is_one(rf: RequestFactory) -> None:
    request = rf.get("/", headers={"X-Forwarded-For": "6.6.6.6, 9.9.9.9"}, REMOTE_ADDR="10.0.0.1")
    assert address_of(request, trusted_proxy=False) == "10.0.0.1"
    assert address_of(request, trusted_proxy=True) == "9.9.9.9"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("9.9.9.9:4711", "9.9.9.9"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ('"[2001:db8::2]"', "2001:db8::2"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:9.9.9.9", "9.9.9.9"),
        ("6.6.6.6, unknown", "10.0.0.1"),
        ("6.6.6.6, ", "10.0.0.1"),
        ("1.2.3.4.5; DROP", "10.0.0.1"),
        ("[", "10.0.0.1"),
    ],
)
def test_address_of_reads_what_proxies_write_and_nothing_else(
    rf: RequestFactory, written: str, read: str
) -> None:
    request = rf.get("/", headers={"X-Forwarded-For": written}, REMOTE_ADDR="10.0.0.1")
    assert address_of(request, trusted_proxy=True) == read


def test_network_of_takes_an_ipv6_subscriber_as_one(rf: RequestFactory) -> None:
    assert network_of("2001:db8:1:2:3::4") == network_of("2001:db8:1:2:ffff::1")
    assert network_of("2001:db8:1:2::1") != network_of("2001:db8:1:3::1")
    assert network_of("9.9.9.9") == "9.9.9.9"
    assert network_of("") == ""
    assert address_of(rf.get("/", REMOTE_ADDR=""), trusted_proxy=False) == ""
