"""Blind layers, agreement and shared scenes; the whole story of a team is in test_story."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from curation.domain.layers import choose_mode
from curation.enums import SegmentationMode
from tests.curation.domain.layer_world import BlindWorld
from tests.cutting import set_boundary
from tests.e2e.conftest import settle

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
SignIn = Callable[..., Page]


@pytest.fixture
def world(live_server: LiveServer) -> BlindWorld:
    return BlindWorld(annotators=2)


def reader(world: BlindWorld) -> str:
    return f"/p/{world.project.slug}/scenes/{world.episode.pk}/"


def start_scene(page: Page, position: int) -> None:
    expect(page.locator(".line.cursor")).to_have_count(1)  # its script is there
    page.keyboard.press("g")
    for _ in range(position):
        page.keyboard.press("j")
    page.keyboard.press("b")
    expect(page.locator("[data-saved]")).to_have_text("saved")


def accessible(page: Page) -> list[str]:
    settle(page)
    return [one["id"] for one in Axe().run(page).response["violations"]]


def test_a_submission_can_be_taken_back(world: BlindWorld, sign_in: SignIn) -> None:
    page = sign_in(world.ada)
    page.goto(reader(world))
    start_scene(page, 4)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("is submitted")).to_be_visible()
    page.wait_for_load_state()
    page.goto(reader(world))
    page.get_by_role("button", name="Take back").click()
    expect(page.locator("[data-state-is=in_progress]").first).to_be_visible()
    start_scene(page, 6)
    assert world.starts(world.ada) == [0, 4, 6]


def test_pages_fit_a_phone(world: BlindWorld, sign_in: SignIn) -> None:
    world.finish(world.ada, 4, 8)
    world.finish(world.ben, 4, 12)
    page = sign_in(world.mina, viewport={"width": 360, "height": 740})
    for path in ("agreement/", "adjudication/"):
        page.goto(f"{reader(world)}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert accessible(page) == []
    page.goto(f"{reader(world)}agreement/")
    page.get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    valued = page.get_by_role("slider")
    expect(valued).to_have_attribute("aria-valuetext", "line 5, 2 start a scene here")
    page.goto(f"/p/{world.project.slug}/scenes/agreement/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert accessible(page) == []
    page.goto(f"/p/{world.project.slug}/scenes/cutting/")
    assert accessible(page) == []


def test_without_events_the_page_asks_now_and_then(world: BlindWorld, sign_in: SignIn) -> None:
    choose_mode(world.project, mode=SegmentationMode.SHARED, annotators=1, actor=world.mina)
    page = sign_in(world.ada)  # its events answer 204, as a proxy in the way might
    page.clock.install()
    page.goto(reader(world))
    expect(page.locator(".line.cursor")).to_have_count(1)
    world.episode.script.project.refresh_from_db()
    set_boundary(world.episode, position=6, revision=0, actor=world.ben)
    page.clock.fast_forward(11_000)
    expect(page.locator(".reader .scene[data-start='6']")).to_be_visible()
