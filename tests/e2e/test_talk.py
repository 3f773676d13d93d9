"""Talking about a line in a real browser: by key and mouse, mentions, the bell, resolution."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from curation.enums import Role, SegmentationState
from curation.models import Boundary, Comment, Segmentation, Thread, Utterance
from tests.e2e.watching import axe_findings, sideways_pixels
from tests.factories import MembershipFactory, UserFactory, make_scene

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
LINES = "\n".join(f"{name}: Line {n}." for n, name in enumerate("RMRMRMRM", start=1))
SignIn = Callable[..., Page]


class Table:
    """A shared episode of eight lines and two annotators."""

    def __init__(self) -> None:
        self.scene: Boundary = make_scene(LINES, target="R")
        Segmentation.objects.update(state=SegmentationState.IN_PROGRESS)
        self.episode = self.scene.segmentation.episode
        self.project = self.episode.script.project
        self.ada, self.ben = self.person("ada", "Ada Marsh"), self.person("ben", "Ben Adeyemi")
        self.url = f"/p/{self.project.slug}/scenes/{self.episode.pk}/"

    def person(self, name: str, full: str) -> User:
        first, last = full.split()
        user = UserFactory(username=name, first_name=first, last_name=last)
        MembershipFactory(project=self.project, user=user, role=Role.ANNOTATOR)
        return user


@pytest.fixture
def table(live_server: LiveServer) -> Table:
    return Table()


def reading(page: Page, url: str) -> Page:
    page.goto(url)
    expect(page.locator(".line.cursor")).to_have_count(1)
    return page


def test_a_line_is_talked_about_by_key_and_a_scene_by_mouse(
    table: Table, sign_in: SignIn, shot: Callable[[Page, str], object]
) -> None:
    page = reading(sign_in(table.ada), table.url)
    page.keyboard.press("j")
    page.keyboard.press("c")
    field = page.get_by_label("Begin a thread")
    expect(field).to_be_focused()
    expect(page.locator("#talk-title")).to_have_text("Comments on line 2")
    field.press_sequentially("Who <b>says</b> this?")
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    expect(field).to_have_value("Who <b>says</b> this?")
    assert axe_findings(page) == []
    shot(page, "talk-dialog")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#talk .thread-words")).to_have_text("Who <b>says</b> this?")
    expect(field).to_have_value("")
    expect(page.locator("#u1 .said:not(.said-new)")).to_have_text("1")
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#u1")).to_be_focused()
    page.get_by_role("link", name="On this scene").click()
    expect(page.locator("#talk-title")).to_have_text("Comments on line 1")
    expect(page.get_by_label("the scene that starts here")).to_be_checked()
    field.fill("Give it a title")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator("#u0 .said:not(.said-new)")).to_have_text("1")
    assert Thread.objects.get(is_on_scene=True).utterance == Utterance.objects.get(position=0)
    page.get_by_role("button", name="Resolve").click()
    expect(page.locator("#u0 .said:not(.said-new)")).to_have_count(0)
    expect(page.locator("#talk details.resolved > summary")).to_have_text("1 resolved thread")
    page.get_by_role("button", name="Close").click()
    page.locator("#u4").click()
    page.keyboard.press("Shift+C")
    expect(page.locator("#talk-title")).to_have_text("Comments on line 1")
    assert Comment.objects.count() == 2


def test_the_readers_comments_fit_a_phone(
    table: Table, sign_in: SignIn, shot: Callable[[Page, str], object]
) -> None:
    options = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
    page = reading(sign_in(table.ada, **options), table.url)
    page.locator("#u2").tap()
    page.get_by_role("link", name="Comment on line 3").tap()
    expect(page.locator("#talk-title")).to_have_text("Comments on line 3")
    page.get_by_label("Begin a thread").fill("Here")
    shot(page, "talk-phone")
    page.get_by_role("button", name="Comment", exact=True).tap()
    expect(page.locator("#u2 .said:not(.said-new)")).to_have_text("1")
    page.get_by_role("button", name="Close").tap()
    shot(page, "talk-phone-mark")
    assert sideways_pixels(page) == 0
    assert axe_findings(page) == []


def test_a_mention_rings_the_others_bell_and_is_resolved_there(
    table: Table, sign_in: SignIn, shot: Callable[[Page, str], object]
) -> None:
    page = reading(sign_in(table.ada), table.url)
    page.keyboard.press("c")
    field = page.get_by_label("Begin a thread")
    expect(field).to_be_focused()
    field.press_sequentially("Is this the porch, @")
    people = page.get_by_role("listbox", name="People of this project")
    expect(people.get_by_role("option")).to_have_count(2)
    field.press_sequentially("ade")
    expect(people.get_by_role("option")).to_have_text(["@ben Ben Adeyemi"])
    expect(field).to_have_attribute("aria-activedescendant", "mention-0")
    assert axe_findings(page) == []
    shot(page, "talk-mention")
    page.keyboard.press("Enter")
    expect(field).to_have_value("Is this the porch, @ben ")
    expect(people).to_have_count(0)
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator("#talk .mention")).to_have_text("@ben")

    other = reading(sign_in(table.ben), table.url)
    expect(other.locator("#bell .bar-count")).to_have_text("1")
    other.get_by_role("link", name="Notifications, 1 unread").click()
    shot(other, "notifications")
    other.get_by_role("link", name="Ada Marsh mentioned you").click()
    expect(other.get_by_role("heading", name="Comments on line 1")).to_be_visible()
    expect(other.locator("#bell .bar-count")).to_have_count(0)
    other.get_by_role("button", name="Resolve").click()
    expect(other.locator("details.resolved > summary")).to_have_text("1 resolved thread")

    page.goto("/notifications/")
    expect(page.locator(".told[data-unread]")).to_contain_text("Ben Adeyemi resolved your thread")
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.locator(".told[data-unread]")).to_have_count(0)
    page.get_by_role("link", name="E-mail").first.click()
    page.get_by_label("no e-mail").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("no e-mail")).to_be_checked()
