"""From an invitation to a second step in a browser; every page of accounts light, dark, 360 px."""

import re
from collections.abc import Callable
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth.models import User
from django.core import mail
from playwright.sync_api import Page, expect
from pytest_django import Settings

from curation.domain.activity import record_activity
from curation.enums import Role
from curation.models import Project
from rickproject.accounts import configuration
from rickproject.config import get_config
from tests.e2e.watching import axe_findings, sideways_pixels
from tests.factories import ProjectFactory, make_member
from tests.rickproject.accounts.issuer import Issuer
from tests.rickproject.accounts.issuer_site import issuer, provider
from tests.rickproject.accounts.ways import PASSWORD, code_now, link_in, person

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
__all__ = ["issuer", "provider"]  # fixtures
Look = Callable[[Page, str], None]


@pytest.fixture(autouse=True)
def stopped_app(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(totp, "time", SimpleNamespace(time=lambda: 1_000_000_000.0))


@pytest.fixture
def project() -> Project:
    return ProjectFactory(name="The Vex Files")


@pytest.fixture
def look(shot: Callable[[Page, str], object]) -> Look:
    """Look at a page as it is: light and wide, dark, and on a phone."""

    def looked_at(page: Page, name: str) -> None:
        findings = []
        for window, scheme, width in (
            ("light", "light", 1280),
            ("dark", "dark", 1280),
            ("phone", "light", 360),
        ):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            page.set_viewport_size({"width": width, "height": 800})
            shot(page, f"{name}-{window}")
            findings += [f"{name}, {window}: {finding}" for finding in axe_findings(page)]
            if sideways_pixels(page) > 0:
                findings.append(f"{name}, {window}: wider than the window")
        if page.locator("h1").count() != 1 or page.locator(".button-primary:visible").count() > 1:
            findings.append(f"{name}: not one title, or several primary buttons")
        assert findings == [], "\n".join(findings)

    return looked_at


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_invited_person_makes_an_account_and_sets_up_the_second_step(
    project: Project, sign_in: Callable[..., Page], look: Look
) -> None:
    manager = sign_in(make_member(project, Role.MANAGER))
    manager.goto(f"/p/{project.slug}/members/")
    manager.get_by_label("E-mail").fill("new@example.org")
    press(manager, "Invite")
    link = manager.get_by_label("Link of the invitation").input_value()
    look(manager, "members-link")

    page = sign_in(None)
    page.goto("/accounts/signup/")
    look(page, "signup-closed")
    page.goto(urlsplit(link).path)
    expect(page.get_by_role("heading", level=1)).to_have_text(project.name)
    look(page, "join")
    page.get_by_role("link", name="Make an account").click()
    look(page, "signup")
    page.get_by_label("Username").fill("newcomer")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Make it and join")
    expect(page.get_by_role("heading", level=1)).to_have_text(project.name)
    page.goto(urlsplit(link).path)
    look(page, "join-used")


def test_second_step_is_set_up_and_asked_for(sign_in: Callable[..., Page], look: Look) -> None:
    page = sign_in(person("newcomer", email="new@example.org"))
    page.goto("/")
    page.locator("summary", has_text="newcomer").click()
    page.get_by_role("link", name="Your account").click()
    look(page, "account")
    page.get_by_role("link", name="Where you are logged in").click()
    look(page, "sessions")
    page.goto("/accounts/email/")
    look(page, "email")
    page.goto("/accounts/password/change/")
    look(page, "password")
    page.goto("/accounts/second-step/on/")
    look(page, "reauthenticate")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Go on")
    secret = page.locator(".secret").inner_text()
    expect(page.get_by_alt_text("The key below as a QR code")).to_be_visible()
    assert page.locator("img.qr").evaluate("(image) => image.naturalWidth") > 0
    look(page, "second-step-on")
    page.get_by_label("Code that the app shows now").fill(code_now(secret))
    press(page, "Switch it on")
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    look(page, "recovery-codes")
    page.get_by_role("link", name="Make new ones").click()
    look(page, "recovery-codes-new")
    page.goto("/accounts/second-step/off/")
    look(page, "second-step-off")
    page.get_by_role("link", name="Keep it").click()
    look(page, "account-with-second-step")
    page.locator("summary", has_text="newcomer").click()
    press(page, "Log out")
    look(page, "login")
    page.get_by_label("Username or e-mail").fill("new@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Log in")
    look(page, "second-step")
    page.get_by_label("Code").fill(code_now(secret))
    press(page, "Log in")
    expect(page).to_have_url(re.compile(r"//[^/]+/$"))


def test_forgotten_password_is_replaced_by_mail(sign_in: Callable[..., Page], look: Look) -> None:
    person("pip", email="pip@example.org")
    page = sign_in(None)
    page.goto("/accounts/login/")
    page.get_by_role("link", name="Forgot").click()
    look(page, "reset")
    page.get_by_label("E-mail").fill("pip@example.org")
    press(page, "Send the link")
    look(page, "reset-sent")
    page.goto(link_in(str(mail.outbox[0].body)))
    look(page, "reset-key")
    page.get_by_label("New password", exact=True).fill("quite another password")
    page.get_by_label("New password again").fill("quite another password")
    press(page, "Set the password")
    look(page, "reset-done")
    for address, name in (
        ("/accounts/password/reset/key/1-long-gone/", "reset-used"),
        ("/accounts/confirm-email/long-gone/", "confirm-used"),
        ("/accounts/inactive/", "inactive"),
        ("/accounts/oidc/cancelled/", "oidc-cancelled"),
    ):
        page.goto(address)
        look(page, name)


@pytest.mark.usefixtures("provider")
def test_issuer_is_reached_and_left_under_the_strict_policy(
    sign_in: Callable[..., Page],
    look: Look,
    issuer: Issuer,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    places = [*policy["form-action"], *configuration.issuer_origins(get_config())]
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": policy | {"form-action": places}}
    monkeypatch.setattr(get_config(), "oidc_domains", "example.org")
    page = sign_in(None)
    page.goto("/accounts/login/")
    look(page, "login-issuer")
    press(page, "Log in with Example login")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your projects")
    page.goto("/accounts/connections/")
    expect(page.locator("main")).to_contain_text("pip@example.org")
    look(page, "connections")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_audit_log_is_sound(
    admin_user: User, sign_in: Callable[..., Page], shot: Callable[..., object], scheme: str
) -> None:
    project = ProjectFactory(name="The Vex Files")
    for verb, of in (("account.logged_in", None), ("script.imported", project)):
        record_activity(verb, project=of, actor=admin_user, target=admin_user, address="::1")
    page = sign_in(admin_user, color_scheme=scheme)
    page.goto("/admin/curation/activity/")
    shot(page, f"audit-{scheme}")
    assert axe_findings(page) == []
