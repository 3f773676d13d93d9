"""A team of five on a running platform, each in a browser context of their own."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Error, Page, Response, expect

from tests.faults.platform import ROOT, Platform

ARTIFACTS = ROOT / "test-artifacts"
PASSWORD = secrets.token_urlsafe(18)
ROLES = {"ada": "annotator", "rex": "reviewer", "mina": "manager", "tess": "tester"}
MAKE_TEAM = """
from django.contrib.auth.models import User
from curation.domain.projects import create_project
from curation.models import Membership
password = {password!r}
User.objects.create_superuser("admin", password=password)
people = {{name: User.objects.create_user(name, password=password) for name in {roles!r}}}
project = create_project({slug!r}, user=people["mina"], name="The Lighthouse")
project.segmentation_mode = "shared"
project.save()
for name, role in {roles!r}.items():
    Membership.objects.get_or_create(project=project, user=people[name], role=role)
"""


def make_team(platform: Platform, slug: str) -> None:
    """Make the project and its people before the platform starts."""
    code = MAKE_TEAM.format(password=PASSWORD, roles=ROLES, slug=slug)
    done = platform.manage("shell", "--no-imports", "-c", code)
    assert done.returncode == 0, done.stderr


class Team:
    """The people at their browsers; what their consoles complain of is kept."""

    def __init__(self, browser: Browser, platform: Platform, slug: str) -> None:
        self.browser = browser
        self.platform = platform
        self.slug = slug
        self.complaints: list[str] = []
        self._contexts: list[BrowserContext] = []
        self._pictures = 0

    def log_in(self, name: str) -> Page:
        """Open a browser as a person and log in by the form."""
        address = f"http://127.0.0.1:{self.platform.port}"
        context = self.browser.new_context(
            base_url=address, viewport={"width": 1280, "height": 900}, accept_downloads=True
        )
        context.set_default_timeout(30_000)
        self._contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"{name}: {error}"))
        page.on("console", lambda message: self._note(name, message.type, message.text))
        page.on("response", lambda answer: self._refused(name, answer))
        page.goto("/accounts/login/")
        page.get_by_label("Username").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        expect(page).not_to_have_url(f"{address}/accounts/login/")
        return page

    def path(self, rest: str = "") -> str:
        """Return an address within the project."""
        return f"/p/{self.slug}/{rest}"

    def picture(self, page: Page, name: str) -> None:
        """Keep what the page looks like."""
        self._pictures += 1
        ARTIFACTS.mkdir(exist_ok=True)
        path = ARTIFACTS / f"loop-{self._pictures:02}-{name}.png"
        with suppress(Error):  # a busy Chromium cannot always, and no rule depends on it
            page.screenshot(path=path, caret="initial")  # hiding it needs a style we refuse

    @contextmanager
    def at_work(self, name: str) -> Iterator[Page]:
        """Log in, work, and keep a picture of the page where the work stopped."""
        page = self.log_in(name)
        try:
            yield page
        except BaseException:
            self.picture(page, f"{name}-stopped-here")
            raise
        page.context.close()

    def close(self) -> None:
        """Close every browser context."""
        for context in self._contexts:
            context.close()

    def _note(self, name: str, kind: str, text: str) -> None:
        if kind == "error" and not text.startswith("Failed to load resource"):
            self.complaints.append(f"{name}: {text}")

    def _refused(self, name: str, answer: Response) -> None:
        if answer.status >= HTTPStatus.BAD_REQUEST:
            self.complaints.append(f"{name}: {answer.status} {answer.url}")


def until(is_so: Callable[[], Any], page: Page, *, seconds: float, what: str) -> None:
    """Wait for something while the browser goes on."""
    for _ in range(int(seconds * 10)):
        if is_so():
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"not within {seconds} s: {what}")


def downloaded(page: Page, name: str, folder: Path) -> bytes:
    """Click a file's link and return what arrives."""
    with page.expect_download() as coming:
        page.get_by_role("link", name=name).click()
    coming.value.save_as(folder / name)
    return (folder / name).read_bytes()
