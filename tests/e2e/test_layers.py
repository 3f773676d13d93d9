"""A team cuts blind, agrees and adjudicates, each in a browser of their own."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from curation.domain.layers import choose_mode
from curation.domain.segmentation import set_boundary
from curation.enums import SegmentationMode
from curation.models import SplitDecision
from tests.curation.domain.layer_world import BlindWorld
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


def test_two_cut_blind_submit_and_a_reviewer_settles_it(
    world: BlindWorld, sign_in: SignIn, shot: Callable[[Page, str], object]
) -> None:
    ada, ben = sign_in(world.ada), sign_in(world.ben)
    for page in (ada, ben):
        page.goto(reader(world))
        expect(page.get_by_text("These scenes are yours alone")).to_be_visible()
    for position in (4, 8, 12):
        start_scene(ada, position)
    for position in (4, 9, 15):
        start_scene(ben, position)
    assert world.starts(world.ada) == [0, 4, 8, 12]
    assert world.starts(world.ben) == [0, 4, 9, 15]
    ben.reload()
    expect(ben.locator(".reader .scene")).to_have_count(4)

    ada.keyboard.press("Control+Enter")
    expect(ada.get_by_text("is submitted")).to_be_visible()
    ada.wait_for_load_state()
    ada.goto(f"{reader(world)}agreement/")
    expect(ada.get_by_text("Agreement needs two finished layers").first).to_be_visible()
    ben.goto(f"{reader(world)}agreement/")
    expect(ben.get_by_text("open to you once you have submitted")).to_be_visible()
    ben.goto(reader(world))
    ben.keyboard.press("Control+Enter")
    expect(ben.get_by_text("is submitted")).to_be_visible()
    ben.wait_for_load_state()

    look_at_the_agreement(world, ada, shot)
    adjudicate(world, sign_in(world.rex), shot)
    ben.goto(reader(world))
    expect(ben.locator(".reader .scene")).to_have_count(4)
    expect(ben.get_by_label("Context note")).to_be_visible()


def look_at_the_agreement(
    world: BlindWorld, ada: Page, shot: Callable[[Page, str], object]
) -> None:
    ada.goto(f"{reader(world)}agreement/")
    expect(ada.locator(".headline-number")).to_have_text(re.compile(r"0\.\d\d"))
    shot(ada, "agreement")
    assert accessible(ada) == []
    ada.keyboard.press("Alt+Shift+ArrowRight")
    expect(ada.locator(".split.current")).to_have_attribute("data-split", "8")
    ada.keyboard.press("Alt+Shift+ArrowRight")
    expect(ada.locator(".split.current")).to_have_attribute("data-split", "12")
    ada.keyboard.press("Alt+Shift+ArrowLeft")
    expect(ada.locator(".split.current")).to_have_attribute("data-split", "8")
    strip = ada.get_by_role("slider")
    strip.focus()
    ada.keyboard.press("ArrowRight")
    expect(strip).to_have_attribute("aria-valuetext", "line 5, 2 start a scene here")
    ada.get_by_role("link", name=re.compile("Line 16: 1 of 2")).click()
    expect(ada.locator("#split-15")).to_be_focused()


def adjudicate(world: BlindWorld, rex: Page, shot: Callable[[Page, str], object]) -> None:
    rex.goto(f"{reader(world)}adjudication/")
    expect(rex.locator("[data-undecided]")).to_have_text("3 of 3 splits undecided")
    assert accessible(rex) == []
    rex.keyboard.press("m")
    expect(rex.locator("[data-undecided]")).to_have_text("2 of 3 splits undecided")
    expect(rex.locator("#split-8 .decided")).to_have_text("Starts at line 9, by majority")
    rex.keyboard.press("Alt+Shift+ArrowRight")
    rex.keyboard.press("2")
    expect(rex.locator("#split-8 .decided")).to_have_text("Starts at line 10, as Annotator 2")
    expect(rex.locator(".split.current")).to_have_attribute("data-split", "12")
    rex.keyboard.press("1")
    expect(rex.locator(".split.current")).to_have_attribute("data-split", "15")
    rex.keyboard.press("1")
    expect(rex.locator("[data-undecided]")).to_have_text("0 of 3 splits undecided")
    shot(rex, "adjudication")
    rex.keyboard.press("Control+Enter")
    expect(rex.get_by_text("is agreed")).to_be_visible()
    assert world.starts() == [0, 4, 9, 12]
    taken = SplitDecision.objects.values_list("utterance__position", "taken_from", "decided_by")
    assert list(taken) == [
        (8, world.ben.pk, world.rex.pk),
        (12, world.ada.pk, world.rex.pk),
        (15, world.ada.pk, world.rex.pk),
    ]


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
    page.goto(f"/p/{world.project.slug}/scenes/agreement/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert accessible(page) == []
    page.goto(f"/p/{world.project.slug}/scenes/cutting/")
    assert accessible(page) == []


def test_shared_scenes_are_live_and_colleagues_are_seen(world: BlindWorld, sign_in: SignIn) -> None:
    choose_mode(world.project, mode=SegmentationMode.SHARED, annotators=1, actor=world.mina)
    ada, ben = sign_in(world.ada, live=True), sign_in(world.ben, live=True)
    for page in (ada, ben):
        page.goto(reader(world))
    expect(ada.locator("[data-here]")).to_have_text(f"Also here: {world.ben.username}")
    start_scene(ben, 7)
    expect(ada.locator(".reader .scene[data-start='7']")).to_be_visible()
    expect(ada.get_by_text(f"{world.ben.username} changed the scenes.")).to_be_visible()
    start_scene(ada, 3)
    expect(ben.locator(".reader .scene[data-start='3']")).to_be_visible()
    assert world.starts() == [0, 3, 7]
    ada.keyboard.press("Shift+N")
    ada.keyboard.type("The cellar")
    expect(ben.locator(".scene[data-start='3'] .scene-title")).to_have_text("The cellar")
    ben.keyboard.press("c")
    ben.get_by_label("Begin a thread").fill(f"Is it, @{world.ada.username}?")
    ben.get_by_role("button", name="Comment", exact=True).click()
    expect(ada.locator("#u7 .said:not(.said-new)")).to_have_text("1")
    expect(ada.locator("#bell .bar-count")).to_have_text("1")
    ben.get_by_role("button", name="Resolve").click()
    expect(ada.locator("#u7 .said:not(.said-new)")).to_have_count(0)
    ben.keyboard.press("Escape")
    ben.keyboard.press("Control+Enter")
    expect(ada.locator("[data-state-is=submitted]").first).to_be_visible()
    ben.context.close()
    expect(ada.locator("[data-here]")).to_have_text("", timeout=30_000)


def test_without_events_the_page_asks_now_and_then(world: BlindWorld, sign_in: SignIn) -> None:
    choose_mode(world.project, mode=SegmentationMode.SHARED, annotators=1, actor=world.mina)
    page = sign_in(world.ada)  # its events answer 204, as a proxy in the way might
    page.goto(reader(world))
    world.episode.script.project.refresh_from_db()
    set_boundary(world.episode, position=6, revision=0, actor=world.ben)
    expect(page.locator(".reader .scene[data-start='6']")).to_be_visible(timeout=25_000)
