from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier
from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError
from django.test import Client, RequestFactory

from rickproject.config import get_config
from rickproject.lib import limits
from rickproject.lib.limits import LimitReachedError
from rickproject.login_limits import FAILURES_PER_ACCOUNT, counted_attempt, counted_guesses
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
PASSWORD = "a password of twenty letters"


@pytest.fixture(autouse=True)
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits are counted in windows of the clock; no test may straddle two."""
    monkeypatch.setattr(limits, "time", SimpleNamespace(time=lambda: 1_000_000_000.0))


def log_in(client: Client, name: str, password: str, address: str = "10.0.0.1") -> int:
    form = {"login": name, "password": password}
    return client.post("/accounts/login/", form, REMOTE_ADDR=address).status_code


@pytest.fixture
def person() -> str:
    user = UserFactory(username="pip")
    user.set_password(PASSWORD)
    user.save()
    return "pip"


def test_login_is_refused_for_an_account_after_five_failures(client: Client, person: str) -> None:
    addresses = [f"10.0.1.{n}" for n in range(5)]
    assert [log_in(client, person, "wrong", a) for a in addresses] == [200] * 5
    response = client.post("/accounts/login/", {"login": " PIP ", "password": PASSWORD})
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 300
    assert "Try again in" in response.content.decode()


def test_login_is_refused_for_an_address_after_ten_failures(client: Client, person: str) -> None:
    assert [log_in(client, f"guess{n}", "wrong") for n in range(10)] == [200] * 10
    assert log_in(client, person, PASSWORD) == 429
    assert log_in(client, person, PASSWORD, address="10.0.0.2") == 302


def test_login_that_succeeds_is_not_counted(client: Client, person: str) -> None:
    for _ in range(12):
        assert log_in(Client(), person, PASSWORD) == 302


def test_guesses_at_once_are_no_more_than_one_after_the_other(rf: RequestFactory) -> None:
    people = 12
    begin, end = Barrier(people), Barrier(people)

    def guess(number: int) -> bool:
        request = rf.post("/", {"login": "pip"}, REMOTE_ADDR=f"10.0.0.{number}")
        begin.wait(timeout=30)
        try:
            with counted_attempt(request, None) as attempt:
                end.wait(timeout=30)  # each looks at its password while all others do
                attempt.has_failed = True
        except LimitReachedError:
            end.wait(timeout=30)
            return False
        return True

    with ThreadPoolExecutor(people) as pool:
        assert sum(pool.map(guess, range(people))) <= FAILURES_PER_ACCOUNT


def test_codes_count_before_they_are_looked_at_and_not_when_they_are_right() -> None:
    for _ in range(2 * FAILURES_PER_ACCOUNT):
        with counted_guesses("second-step", 1):
            pass
    with ExitStack() as looked_at:
        for _ in range(FAILURES_PER_ACCOUNT):
            looked_at.enter_context(counted_guesses("second-step", 1))
        with pytest.raises(LimitReachedError), counted_guesses("second-step", 1):
            pytest.fail("was looked at")
    for _ in range(FAILURES_PER_ACCOUNT):
        with pytest.raises(ValidationError), counted_guesses("second-step", 1):
            raise ValidationError("wrong")
    with pytest.raises(LimitReachedError), counted_guesses("second-step", 1):
        pytest.fail("was looked at")


def test_links_for_a_new_password_are_counted_by_address_whether_known_or_not(
    client: Client,
) -> None:
    answers = [
        client.post("/accounts/password/reset/", {"email": "no@example.org"}).status_code
        for _ in range(6)
    ]
    assert answers == [302] * 5 + [429]
    other = client.post("/accounts/password/reset/", {"email": "other@example.org"})
    assert other.status_code == 302


def test_login_from_a_proxy_that_writes_ports_is_counted_and_never_fails(
    client: Client, person: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_config(), "trusted_proxy", True)
    for written in ("9.9.9.9:4711", "[2001:db8::1]:80", "unknown", "1.2.3", "", "fe80::1%eth0"):
        headers = {"X-Forwarded-For": written}
        form = {"login": person, "password": PASSWORD}
        page = Client()
        assert page.post("/accounts/login/", form, headers=headers).status_code == 302
        assert page.get("/accounts/sessions/", headers=headers).status_code == 200


def test_admin_has_no_login_of_its_own(client: Client) -> None:
    response = client.get("/admin/login/?next=/admin/")
    assert (response.status_code, response.headers["Location"]) == (
        302,
        "/accounts/login/?next=/admin/",
    )
    assert client.post("/admin/login/", {"username": "a"}).status_code == 302
