from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.contrib.auth.models import User
from django.test import Client

from curation.domain.invitations import invite_person
from curation.enums import Role
from curation.models import Activity, Membership, Project
from rickproject.accounts.issuer_http import IssuerSession, RefusedAddressError
from rickproject.config import get_config
from tests.factories import ProjectFactory
from tests.rickproject.accounts.issuer import OTHER_KEY, SECRET, Issuer
from tests.rickproject.accounts.issuer_site import issuer, provider
from tests.rickproject.accounts.ways import code_now, confirm, log_in, person, second_step

__all__ = ["issuer", "provider"]  # fixtures
pytestmark = pytest.mark.django_db
LOGIN, CALLBACK = "/accounts/oidc/oidc/login/", "/accounts/oidc/oidc/callback/"


@pytest.fixture
def own_domain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(get_config(), "oidc_domains", "example.com, example.org")


def come_back(client: Client, **query: str) -> Any:
    """Go to the issuer and come back with a code."""
    sent = client.post(f"{LOGIN}?process={query.pop('process', 'login')}&scope=evil")
    asked = parse_qs(urlsplit(sent.headers["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert set(asked["scope"][0].split()) == {"openid", "profile", "email"}
    return client.get(CALLBACK, {"code": "c", "state": asked["state"][0]} | query)


def test_login_page_offers_the_issuer_by_name(client: Client, issuer: Issuer) -> None:
    assert "Log in with Example login" in client.get("/accounts/login/").content.decode()
    assert issuer.asked == []


def test_stranger_is_not_let_in_without_an_invitation(client: Client, issuer: Issuer) -> None:
    assert "By invitation" in come_back(client).content.decode()
    assert not User.objects.exists()
    assert issuer.token_form["client_secret"] == [SECRET]
    assert issuer.token_form["code_verifier"]


@pytest.mark.usefixtures("own_domain")
def test_people_of_the_operators_domains_join_with_no_project(
    client: Client, issuer: Issuer
) -> None:
    assert come_back(client).headers["Location"] == "/"
    user = User.objects.get()
    assert (user.username, user.email, user.first_name) == ("pip", "pip@example.org", "Pip")
    assert not user.has_usable_password()
    assert not Membership.objects.exists()
    assert not SocialToken.objects.exists()
    again = Client()
    assert come_back(again).headers["Location"] == "/"
    assert User.objects.count() == 1
    assert issuer.asked.count("/token") == 2


def test_invited_person_joins_through_the_issuer(client: Client, issuer: Issuer) -> None:
    project: Project = ProjectFactory()
    _, token = invite_person(
        project,
        email="pip@example.org",
        role=Role.TESTER,
        actor=project.created_by,
        is_mailed=True,
    )
    client.get(f"/accounts/join/{token}/")
    issuer.person["email"] = "else@example.org"
    assert "By invitation" in come_back(client).content.decode(), "another's address"
    issuer.person |= {"email": "pip@example.org", "email_verified": False}
    assert "By invitation" in come_back(client).content.decode(), "an address nobody checked"
    issuer.person["email_verified"] = True
    assert come_back(client).headers["Location"] == f"/p/{project.slug}/"
    assert Membership.objects.get(user__username="pip").role == Role.TESTER


@pytest.mark.usefixtures("own_domain")
@pytest.mark.parametrize("verified", [False, "false", None])
def test_address_that_the_issuer_did_not_check_opens_nothing(
    client: Client, issuer: Issuer, verified: object
) -> None:
    issuer.person["email_verified"] = verified
    person("pip", email="pip@example.org")
    assert come_back(client).status_code == 200
    assert "_auth_user_id" not in client.session


def test_account_with_the_address_is_entered_only_for_the_operators_domains(
    client: Client, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = person("pip", email="pip@example.org")
    secret = second_step(user)
    assert come_back(client).headers["Location"] == "/accounts/login/"
    assert "then connect it" in client.get("/accounts/login/").content.decode()
    monkeypatch.setattr(get_config(), "oidc_domains", "example.org")
    asked = come_back(client)
    assert asked.headers["Location"] == "/accounts/second-step/authenticate/"
    client.post(asked.headers["Location"], {"code": code_now(secret)})
    assert client.session["_auth_user_id"] == str(user.pk)
    assert issuer.asked


def test_account_is_connected_after_the_password(client: Client, issuer: Issuer) -> None:
    user = person("pip")
    log_in(client, "pip")
    confirm(client)
    come_back(client, process="connect")
    assert SocialAccount.objects.get().user == user
    assert Activity.objects.filter(verb="account.connected", actor=user).exists()
    assert come_back(Client()).headers["Location"] == "/"
    row = SocialAccount.objects.get()
    client.post("/accounts/connections/", {"account": row.pk})
    assert not SocialAccount.objects.exists()
    assert issuer.asked


@pytest.mark.usefixtures("own_domain")
@pytest.mark.parametrize(
    "fault",
    [
        {"key": OTHER_KEY},
        {"algorithm": "HS256"},
        {"algorithm": "none"},
        {"claims": {"aud": "another-site"}},
        {"claims": {"iss": "https://evil.example"}},
        {"claims": {"exp": 1_000_000_000}},
        {"userinfo": {"sub": "somebody-else"}},
        {"discovery": {"issuer": "https://evil.example"}},
        {"discovery": {"token_endpoint": "http://169.254.169.254/token"}},
        {"discovery": {"userinfo_endpoint": "http://localhost:1/userinfo"}},
        {"discovery": {"jwks_uri": "file:///etc/passwd"}},
        {"redirects": {"/keys"}},
        {"redirects": {"/.well-known/openid-configuration"}},
    ],
    ids=lambda fault: "another key" if "key" in fault else str(fault),
)
def test_answer_that_is_not_the_issuers_is_refused(
    client: Client, issuer: Issuer, fault: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    sent = client.post(LOGIN)
    state = parse_qs(urlsplit(sent.headers["Location"]).query)["state"][0]
    for name, value in fault.items():
        setattr(issuer, name, value)
    refused = client.get(CALLBACK, {"code": "c", "state": state})
    assert "Not logged in" in refused.content.decode()
    assert not User.objects.exists()
    assert SECRET not in caplog.text


@pytest.mark.usefixtures("own_domain")
def test_callback_needs_the_state_of_this_browser(client: Client, issuer: Issuer) -> None:
    sent = client.post(LOGIN)
    state = parse_qs(urlsplit(sent.headers["Location"]).query)["state"][0]
    for query in ({"code": "c", "state": state}, {"code": "c"}):
        assert "Not logged in" in Client().get(CALLBACK, query).content.decode()
    assert "/token" not in issuer.asked


def test_issuer_that_is_away_is_told_in_words(
    client: Client, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_config(), "oidc_issuer", "http://127.0.0.1:1")
    assert "Not logged in" in client.post(LOGIN).content.decode()
    assert issuer.asked == []


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:1/",
        "https://evil.example/",
        "http://2130706433/",
        "http://[::ffff:127.0.0.1]/",
        "http://user@127.0.0.1/",
        "gopher://127.0.0.1/",
        "file:///etc/passwd",
        "http://169.254.169.254/latest",
    ],
)
def test_session_reaches_named_hosts_only(issuer: Issuer, address: str) -> None:
    with IssuerSession() as session, pytest.raises((RefusedAddressError, ValueError)):
        session.get(address)
    assert issuer.asked == []
