"""A real browser on a real ASGI server: replies stream, and nothing may go wrong unseen."""

import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.test.utils import modify_settings
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    expect,
    sync_playwright,
)

from tests.e2e.watching import is_fault

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # playwright runs a loop of its own
expect.set_options(timeout=20_000)  # for a busy machine; nothing is asserted about speed
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
ARTIFACTS = Path(__file__).parent.parent.parent / "test-artifacts"
START_SECONDS = 20


def browser_path() -> str | None:
    """Return the Chromium that CHROMIUM (or RICK_CHROMIUM) names, or the one on PATH."""
    named = os.environ.get("CHROMIUM") or os.environ.get("RICK_CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests; a machine without one skips them unless told otherwise."""
    path = browser_path()
    if path is None and os.environ.get("RICK_REQUIRE_BROWSER") == "1":
        pytest.fail("RICK_REQUIRE_BROWSER=1, but no Chromium: install one or name it in CHROMIUM")
    if path is None:
        pytest.skip("no Chromium: install one or name it in CHROMIUM")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
        chromium = playwright.chromium.launch(executable_path=path, args=arguments)
        yield chromium
        chromium.close()


@dataclass(frozen=True)
class Site:
    """Where the pages are, with what pytest-django asks of a live server."""

    url: str
    _live_server_modified_settings: modify_settings = field(
        default_factory=lambda: modify_settings(ALLOWED_HOSTS={"append": "127.0.0.1"})
    )


@pytest.fixture(scope="session")
def live_server() -> Iterator[Site]:
    """The site as it is served for real: uvicorn and the ASGI application, on the test database."""
    from rickproject.asgi import application  # the settings are ready by now

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(application, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        give_up = time.monotonic() + START_SECONDS
        while not server.started and time.monotonic() < give_up:
            time.sleep(0.02)
        assert server.started
        yield Site(f"http://127.0.0.1:{port}")
        server.should_exit = True
        thread.join(START_SECONDS)


@pytest.fixture
def watch(request: pytest.FixtureRequest) -> Iterator[Callable[[Page], Page]]:
    """Collect what a page complains about; a script error, CSP report or dialog fails."""
    faults: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if is_fault(message.type, message.text):
            place = message.page.url if message.page else ""
            faults.append(f"{place} {message.type}: {message.text}")

    def on_dialog(dialog: Dialog) -> None:
        if dialog.type != "beforeunload":
            faults.append(f"dialog: {dialog.message}")
        dialog.accept()

    def watch_page(page: Page) -> Page:
        page.on("console", on_console)
        page.on("dialog", on_dialog)
        page.on("pageerror", lambda error: faults.append(f"script: {error}"))
        return page

    yield watch_page
    assert faults == []


SETTLE_SECONDS = 20
MOVES = """() => document.getAnimations().some((one) =>
  one.playState === "running" && one.effect?.getComputedTiming().endTime !== Infinity)"""


def settle(page: Page) -> None:
    """Wait until nothing on the page moves or fades, so that axe measures real colours."""
    page.wait_for_load_state()
    give_up = time.monotonic() + SETTLE_SECONDS
    page.wait_for_timeout(50)
    while page.evaluate(MOVES):
        assert time.monotonic() < give_up, "something on the page goes on moving"
        page.wait_for_timeout(50)


def is_read(page: Page) -> None:
    """Wait as long as a dialogue must have been in view before it can be decided on."""
    expect(page.locator("[data-queue][data-ready]")).to_have_count(1)


@pytest.fixture
def sign_in(
    browser: Browser, live_server: Site, watch: Callable[[Page], Page]
) -> Iterator[Callable[..., Page]]:
    """Open a watched page for a person, or for nobody; options are those of a browser context.

    ``live=True`` lets the reader hear what colleagues do.
    """
    contexts: list[BrowserContext] = []

    def open_page(user: User | None, *, live: bool = False, **options: object) -> Page:
        still = {"reduced_motion": "reduce"} | options  # pictures and axe see no half-faded colour
        context = browser.new_context(base_url=live_server.url, **still)  # type: ignore[arg-type]
        contexts.append(context)
        if not live:  # colleagues' changes come when a test asks for them, not when it does not
            context.route("**/live/", lambda route: route.fulfill(status=204))
        if user is not None:
            client = Client()
            client.force_login(user)
            cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies(
                [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}]
            )
        context.set_default_timeout(20_000)
        return watch(context.new_page())

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def shot() -> Callable[[Page, str], Path]:
    """Keep a picture of a page in test-artifacts/ for people to look at."""

    def take(page: Page, name: str) -> Path:
        ARTIFACTS.mkdir(exist_ok=True)
        path = ARTIFACTS / f"{name}.png"
        page.screenshot(path=path)
        return path

    return take
