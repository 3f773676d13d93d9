from types import SimpleNamespace

import pytest
from django.test import Client

from rickproject.lib import limits
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


def test_admin_has_no_login_of_its_own(client: Client) -> None:
    response = client.get("/admin/login/?next=/admin/")
    assert (response.status_code, response.headers["Location"]) == (
        302,
        "/accounts/login/?next=/admin/",
    )
    assert client.post("/admin/login/", {"username": "a"}).status_code == 302
