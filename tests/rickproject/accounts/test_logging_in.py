from types import SimpleNamespace

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client

from rickproject.config import get_config
from rickproject.lib import limits
from tests.rickproject.accounts.ways import (
    PASSWORD,
    code_now,
    confirm,
    link_in,
    log_in,
    person,
    second_step,
)

pytestmark = pytest.mark.django_db
OUTSIDE = ["//evil.example", "https://evil.example/", "https:evil.example", "/\\evil.example"]


@pytest.fixture
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "time", SimpleNamespace(time=lambda: 1_000_000_000.0))


def test_login_takes_a_user_name_or_an_address(client: Client) -> None:
    person("pip", email="pip@example.org")
    assert log_in(client, "pip").headers["Location"] == "/"
    assert log_in(Client(), "Pip@Example.org").headers["Location"] == "/"


@pytest.mark.parametrize("there", OUTSIDE)
def test_login_never_leads_to_another_site(client: Client, there: str) -> None:
    person("pip")
    form = {"login": "pip", "password": PASSWORD, "next": there}
    assert client.post("/accounts/login/", form).headers["Location"] == "/"
    assert client.get("/accounts/login/", {"next": there}).headers["Location"] == "/"
    out = client.post("/accounts/logout/", {"next": there})
    assert out.headers["Location"] == "/accounts/login/"


def test_login_says_the_same_of_a_wrong_password_and_an_unknown_name(client: Client) -> None:
    person("pip")
    wrong = log_in(client, "pip", "not the password").content.decode()
    unknown = log_in(client, "nobody", "not the password").content.decode()
    assert "do not belong together" in wrong
    assert "do not belong together" in unknown


def test_login_gives_the_session_a_new_name(client: Client) -> None:
    person("pip")
    client.get("/accounts/reset/")
    session = client.session
    session["before"] = 1
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before
    log_in(client, "pip")
    assert client.cookies["sessionid"].value != before
    assert not Session.objects.filter(session_key=before).exists()


def test_login_of_a_closed_account_says_so_only_to_who_knows_the_password(client: Client) -> None:
    person("pip", is_active=False)
    assert log_in(client, "pip").headers["Location"] == "/accounts/inactive/"
    assert "do not belong together" in log_in(Client(), "pip", "wrong").content.decode()
    assert "_auth_user_id" not in client.session


def test_admin_says_who_may_not_enter(client: Client) -> None:
    client.force_login(person("pip"))
    refused = client.get("/admin/", follow=True)
    assert refused.status_code == 403
    assert "for staff" in refused.content.decode()


def test_second_step_is_asked_for_and_its_code_works_once(client: Client) -> None:
    secret = second_step(person("pip"))
    assert log_in(client, "pip").headers["Location"] == "/accounts/second-step/authenticate/"
    assert client.get("/").headers["Location"].startswith("/accounts/login/")
    code = code_now(secret)
    entered = client.post("/accounts/second-step/authenticate/", {"code": code})
    assert entered.headers["Location"] == "/"
    thief = Client()
    log_in(thief, "pip")
    again = thief.post("/accounts/second-step/authenticate/", {"code": code})
    assert "was used before" in again.content.decode()
    assert "_auth_user_id" not in thief.session


@pytest.mark.usefixtures("stopped_clock")
def test_second_step_cannot_be_guessed(client: Client) -> None:
    secret = second_step(person("pip"))
    address = "/accounts/second-step/authenticate/"
    log_in(client, "pip")
    wrong = [client.post(address, {"code": f"00000{n}"}).status_code for n in range(5)]
    assert wrong == [200] * 5
    other = Client()
    log_in(other, "pip")
    refused = other.post(address, {"code": code_now(secret)})
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0


def test_recovery_code_stands_in_once(client: Client) -> None:
    user = person("pip")
    second_step(user)
    code = RecoveryCodes.activate(user).get_unused_codes()[0]
    log_in(client, "pip")
    address = "/accounts/second-step/authenticate/"
    assert client.post(address, {"code": code}).headers["Location"] == "/"
    other = Client()
    log_in(other, "pip")
    assert "wrong" in other.post(address, {"code": code}).content.decode()


def test_second_step_is_switched_on_and_off_after_the_password(client: Client) -> None:
    user = person("pip")
    log_in(client, "pip")
    on = "/accounts/second-step/on/"
    assert client.get(on).headers["Location"].startswith("/accounts/reauthenticate/")
    confirm(client)
    page = client.get(on)
    secret = client.session["mfa.totp.secret"]
    assert secret in page.content.decode()
    assert client.post(on, {"code": "000000"}).status_code == 200
    done = client.post(on, {"code": code_now(secret)})
    assert done.headers["Location"] == "/accounts/second-step/codes/"
    codes = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
    assert codes[0] in client.get("/accounts/second-step/codes/").content.decode()
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    assert codes[0] not in stored
    client.post("/accounts/second-step/off/")
    assert not Authenticator.objects.filter(user=user).exists()


def test_second_step_is_required_before_anything_opens(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_config(), "require_second_step", "staff")
    admin = person("alma", is_staff=True, is_superuser=True)
    person("pip")
    client.force_login(admin)
    for address in ("/", "/admin/", "/admin/auth/user/"):
        assert client.get(address).headers["Location"] == "/accounts/second-step/on/"
    assert client.get("/accounts/").status_code == 200
    second_step(admin)
    assert client.get("/admin/").status_code == 200
    assert client.get("/accounts/second-step/off/").status_code == 302
    confirm(client)
    refused = client.post("/accounts/second-step/off/")
    assert "cannot be switched off" in refused.content.decode()
    assert Authenticator.objects.filter(user=admin).exists()
    other = Client()
    log_in(other, "pip")
    assert other.get("/").status_code == 200


def test_password_is_replaced_by_mail_once_and_ends_other_logins(client: Client) -> None:
    user = person("pip", email="pip@example.org")
    secret = second_step(user)
    elsewhere = Client()
    elsewhere.force_login(user)
    for address in ("pip@example.org", "nobody@example.org"):
        asked = client.post("/accounts/password/reset/", {"email": address})
        assert asked.headers["Location"] == "/accounts/password/reset/done/"
    assert [message.to for message in mail.outbox] == [["pip@example.org"]]
    link = link_in(str(mail.outbox[0].body))
    clean = client.get(link).headers["Location"]
    assert "set-password" in clean
    new = {"password1": "quite another password", "password2": "quite another password"}
    assert client.post(clean, new).headers["Location"] == "/accounts/password/reset/key/done/"
    assert elsewhere.get("/").status_code == 302
    assert "used up" in Client().get(link).content.decode()
    asked = log_in(client, "pip", "quite another password")
    assert asked.headers["Location"] == "/accounts/second-step/authenticate/"
    assert secret


def test_password_change_keeps_this_login_and_ends_the_others(client: Client) -> None:
    user = person("pip")
    elsewhere = Client()
    elsewhere.force_login(user)
    log_in(client, "pip")
    new = "quite another password"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert client.post("/accounts/password/change/", form).headers["Location"] == "/accounts/"
    assert client.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302


def test_address_counts_once_its_link_is_opened(client: Client) -> None:
    user = person("pip", email="old@example.org")
    user.emailaddress_set.create(email="old@example.org", verified=True, primary=True)
    log_in(client, "pip")
    form = {"email": "new@example.org", "action_add": "1"}
    first = client.post("/accounts/email/", form)
    assert first.headers["Location"].startswith("/accounts/reauthenticate/")
    confirm(client)
    client.post("/accounts/email/", form)
    user.refresh_from_db()
    assert user.email == "old@example.org"
    link = link_in(str(mail.outbox[-1].body))
    client.post(link)
    user.refresh_from_db()
    assert user.email == "new@example.org"
    told = {message.to[0] for message in mail.outbox}
    assert told == {"new@example.org", "old@example.org"}, "the old address is told"


@pytest.mark.usefixtures("stopped_clock")
def test_name_and_address_share_the_limit_of_their_account(client: Client) -> None:
    person("pip", email="pip@example.org")
    names = ["pip", "pip@example.org", "PIP", "pip", "pip@example.org"]
    assert [log_in(client, name, "wrong").status_code for name in names] == [200] * 5
    assert log_in(client, "pip@example.org").status_code == 429


def test_a_name_with_a_null_character_is_refused_like_any_wrong_one(client: Client) -> None:
    response = client.post("/accounts/login/", {"login": "a\0b", "password": "anything"})
    assert response.status_code == 200
