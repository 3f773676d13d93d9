"""The reader in a real browser: every key, every loss that must not happen."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from playwright.sync_api import Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from curation.domain.dialogue_creation import create_dialogue
from curation.domain.notes import save_note
from curation.domain.scene_suggestions import run_speaker_model
from curation.enums import Role, SegmentationState
from curation.models import (
    Activity,
    Boundary,
    Character,
    ContextNote,
    Episode,
    Segmentation,
    Utterance,
)
from tests.cutting import clear_boundary, set_boundary
from tests.e2e.conftest import settle
from tests.factories import make_member, make_scene

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

LINES = "\n".join(f"{name}: Line {n}." for n, name in enumerate("RMRMRMBJBJBJRMRM" * 3, start=1))
SignIn = Callable[..., Page]


class Desk:
    """An episode of 48 lines and an annotator."""

    def __init__(self) -> None:
        self.scene = make_scene(LINES, target="R")
        self.episode: Episode = self.scene.segmentation.episode
        self.project = self.episode.script.project
        self.ada: User = make_member(self.project, Role.ANNOTATOR)
        self.url = f"/p/{self.project.slug}/scenes/{self.episode.pk}/"

    def starts(self) -> list[int]:
        return list(
            Boundary.objects.filter(segmentation__episode=self.episode, is_active=True)
            .order_by("utterance__position")
            .values_list("utterance__position", flat=True)
        )


@pytest.fixture
def desk(live_server: LiveServer) -> Desk:
    return Desk()


def cursor(page: Page) -> int:
    return int((page.locator(".line.cursor").get_attribute("id") or "u0")[1:])


def shown_starts(page: Page) -> list[int]:
    heads = page.locator(".reader .scene")
    return [int(heads.nth(n).get_attribute("data-start") or 0) for n in range(heads.count())]


def saved(page: Page) -> None:
    expect(page.locator("[data-saved]")).to_have_text("saved")


def press(page: Page, *keys: str) -> None:
    expect(page.locator(".line.cursor")).to_have_count(1)  # the page's script is there
    for key in keys:
        page.keyboard.press(key)


def test_movement_keys_move_the_cursor(desk: Desk, sign_in: SignIn) -> None:
    page = sign_in(desk.ada)
    page.goto(desk.url)
    steps = [
        ("j", 1), ("ArrowDown", 2), ("k", 1), ("ArrowUp", 0), ("ArrowUp", 0),
        ("PageDown", 10), ("PageUp", 0), ("Shift+G", 47), ("j", 47), ("g", 0),
    ]  # fmt: skip
    for key, position in steps:
        press(page, key)
        assert cursor(page) == position, key
    expect(page.locator("#u47")).not_to_be_in_viewport()
    press(page, "Shift+G")
    expect(page.locator("#u47")).to_be_in_viewport()


def test_enter_and_b_toggle_a_boundary_and_undo_brings_it_back(desk: Desk, sign_in: SignIn) -> None:
    page = sign_in(desk.ada)
    page.goto(desk.url)
    press(page, "j", "j", "Enter")
    assert shown_starts(page) == [0, 2]
    saved(page)
    press(page, "j", "j", "b")
    saved(page)
    assert desk.starts() == [0, 2, 4]
    expect(page.locator("[data-scene-count]")).to_have_text("3 scenes")
    press(page, "Shift+K")
    assert cursor(page) == 2
    press(page, "Shift+J")
    assert cursor(page) == 4
    press(page, "Control+z", "Control+z")
    saved(page)
    assert shown_starts(page) == [0]
    assert desk.starts() == [0]
    press(page, "Control+Shift+Z")
    saved(page)
    assert desk.starts() == [0, 2]
    page.reload()
    assert shown_starts(page) == [0, 2]


def test_a_press_on_the_number_toggles_by_mouse(desk: Desk, sign_in: SignIn) -> None:
    page = sign_in(desk.ada)
    page.goto(desk.url)
    page.locator("#u5 .at").click()
    saved(page)
    assert desk.starts() == [0, 5]
    expect(page.locator("#u5 .at")).to_have_attribute("aria-pressed", "true")
    page.locator("#u5 .at").click()
    saved(page)
    assert desk.starts() == [0]
    assert Boundary.objects.filter(is_active=False).count() == 1


def test_the_first_line_keeps_its_scene(desk: Desk, sign_in: SignIn) -> None:
    page = sign_in(desk.ada)
    page.goto(desk.url)
    press(page, "Enter")
    expect(page.locator(".toast")).to_contain_text("always starts a scene")
    assert shown_starts(page) == [0]


def test_suggestions_are_accepted_dismissed_and_undone_by_keys(desk: Desk, sign_in: SignIn) -> None:
    page = sign_in(desk.ada)
    page.goto(desk.url)
    page.get_by_label("about").fill("7")
    page.keyboard.press("Enter")
    offers = page.locator(".suggestion[data-kind=suggested]")
    expect(offers.first).to_be_visible()
    first = int(offers.first.get_attribute("data-before") or 0)
    count = offers.count()
    press(page, "y")
    assert cursor(page) == first
    press(page, "y")
    saved(page)
    assert desk.starts() == [0, first]
    assert Boundary.objects.get(utterance__position=first).origin == "speaker_model"
    press(page, "Control+z")
    saved(page)
    assert offers.count() == count
    press(page, "Backspace")
    saved(page)
    assert offers.count() == count - 1
    assert desk.starts() == [0]
    press(page, "PageDown", "PageDown", "Shift+Y")
    saved(page)
    in_view = len(desk.starts()) - 1
    assert in_view >= 1
    page.get_by_role("button", name="Undo", exact=True).last.click()
    saved(page)
    assert desk.starts() == [0]


def test_a_note_is_saved_by_itself_and_its_history_restored(desk: Desk, sign_in: SignIn) -> None:
    page = sign_in(desk.ada)
    page.goto(desk.url)
    press(page, "n")
    expect(page.get_by_label("Context note")).to_be_focused()
    press(page, "Escape", "Shift+N")
    expect(page.get_by_label("Title")).to_be_focused()
    page.keyboard.type("Kitchen jk")
    page.get_by_label("Context note").fill("Morning.")
    expect(page.locator("[data-note-state]")).to_have_text("saved")
    assert shown_starts(page) == [0]
    expect(page.locator(".reader .scene .scene-title")).to_have_text("Kitchen jk")
    page.get_by_label("Title").fill("Cellar")
    press(page, "Escape")
    expect(page.locator("[data-note-state]")).to_have_text("saved")
    assert cursor(page) == 0
    page.locator("summary", has_text="History").click()
    page.get_by_role("button", name="Restore").first.click()
    expect(page.get_by_label("Title")).to_have_value("Kitchen jk")
    newest = ContextNote.objects.order_by("-revision")[0]
    assert (newest.title, newest.text) == ("Kitchen jk", "Morning.")


def test_typing_in_a_note_runs_no_key_of_the_reader(desk: Desk, sign_in: SignIn) -> None:
    page = sign_in(desk.ada)
    page.goto(desk.url)
    press(page, "n")
    page.keyboard.type("bjGy?")
    assert shown_starts(page) == [0]
    assert cursor(page) == 0
    expect(page.locator("#keymap")).to_be_hidden()


def test_the_key_map_lists_the_keys_and_keeps_them_quiet(desk: Desk, sign_in: SignIn) -> None:
    page = sign_in(desk.ada)
    page.goto(desk.url)
    press(page, "?")
    keymap = page.locator("#keymap")
    expect(keymap).to_be_visible()
    for words in ("Next line", "Start a scene", "Accept all suggestions in view", "Undo"):
        expect(keymap).to_contain_text(words)
    press(page, "b")
    assert shown_starts(page) == [0]


def test_a_conflict_shows_both_sides_and_mine_on_top_keeps_both(
    desk: Desk, sign_in: SignIn
) -> None:
    page = sign_in(desk.ada)
    page.goto(desk.url)
    bob = make_member(desk.project, Role.ANNOTATOR)
    set_boundary(desk.episode, position=9, revision=0, actor=bob)
    press(page, "j", "j", "b")
    dialog = page.locator("#scenes-conflict")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text(f"{bob.username} changed these scenes")
    expect(dialog.locator("[data-conflict-yours]")).to_have_text("line 3 starts a scene")
    expect(dialog.locator("[data-conflict-theirs]")).to_have_text("line 10 starts a scene")
    assert desk.starts() == [0, 9]
    dialog.get_by_role("button", name="Keep both").click()
    saved(page)
    assert desk.starts() == [0, 2, 9]
    assert shown_starts(page) == [0, 2, 9]


def test_a_conflict_can_be_left_to_theirs(desk: Desk, sign_in: SignIn) -> None:
    page = sign_in(desk.ada)
    page.goto(desk.url)
    set_boundary(desk.episode, position=9, revision=0, actor=desk.ada)
    press(page, "j", "j", "b")
    page.get_by_role("button", name="Keep theirs only").click()
    assert shown_starts(page) == [0, 9]
    press(page, "Shift+J", "b")
    saved(page)
    assert desk.starts() == [0]


def test_a_note_conflict_shows_both_texts(desk: Desk, sign_in: SignIn) -> None:
    page = sign_in(desk.ada)
    page.goto(desk.url)
    bob = make_member(desk.project, Role.ANNOTATOR)
    save_note(desk.episode, position=0, title="Cellar", text="Dark.", revision=0, author=bob)
    page.get_by_label("Title").fill("Kitchen")
    dialog = page.locator("#note-conflict")
    expect(dialog).to_be_visible()
    expect(dialog.locator("[data-conflict-yours]")).to_have_text("Kitchen")
    expect(dialog.locator("[data-conflict-theirs]")).to_contain_text("Dark.")
    dialog.get_by_role("button", name="Keep mine").click()
    expect(page.locator("[data-note-state]")).to_have_text("saved")
    titles = list(ContextNote.objects.order_by("revision").values_list("title", flat=True))
    assert titles == ["Cellar", "Kitchen"]


def test_edits_made_offline_are_saved_when_the_server_is_back(desk: Desk, sign_in: SignIn) -> None:
    page = sign_in(desk.ada)
    page.goto(desk.url)

    def away(route: Route) -> None:
        route.abort()

    for part in ("edits", "submit"):
        page.route(f"**/{part}/", away)
    press(page, "j", "b", "j", "b")
    expect(page.locator("[data-saved]")).to_have_text("Offline: 2 changes kept here")
    press(page, "Control+Enter")
    expect(page.locator("[data-saved]")).to_have_text(
        "Offline: 2 changes and the submission kept here"
    )
    assert desk.starts() == [0]
    page.unroute_all()
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"/p/{desk.project.slug}/scenes/")
    expect(page.get_by_text("kept in this browser, not sent yet")).to_be_visible()
    page.goto(desk.url)
    expect(page.locator(".toast", has_text="is submitted")).to_be_visible()
    assert desk.starts() == [0, 1, 2]
    assert shown_starts(page) == [0, 1, 2]
    assert Segmentation.objects.get().state == SegmentationState.SUBMITTED
    assert Activity.objects.filter(verb="scenes.submitted").count() == 1


FULL = (
    "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };"
)
BLOCKED = """Object.defineProperty(window, "localStorage", {
  get() { throw new DOMException("blocked", "SecurityError"); },
});"""


@pytest.mark.parametrize("storage", [FULL, BLOCKED], ids=["full", "blocked"])
def test_a_browser_that_keeps_no_drafts_says_so_once_and_saves_all_the_same(
    desk: Desk, sign_in: SignIn, storage: str
) -> None:
    page = sign_in(desk.ada)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.add_init_script(storage)
    page.goto(desk.url)
    page.route("**/edits/", lambda route: route.abort())
    press(page, "j", "b")
    expect(page.locator(".toast", has_text="keeps no drafts")).to_have_count(1)
    expect(page.locator("[data-saved]")).to_contain_text("not saved yet, stay on this page")
    page.unroute("**/edits/")
    saved(page)
    press(page, "Shift+N")
    page.keyboard.type("Kitchen")
    expect(page.locator("[data-note-state]")).to_have_text("saved")
    expect(page.locator(".toast", has_text="keeps no drafts")).to_have_count(1)
    assert desk.starts() == [0, 1]
    assert ContextNote.objects.get().title == "Kitchen"
    assert errors == []


def test_a_boundary_inside_a_dialogue_is_refused_with_a_sentence(
    desk: Desk, sign_in: SignIn
) -> None:
    rows = list(Utterance.objects.filter(episode=desk.episode).order_by("position"))
    create_dialogue(
        desk.scene,
        target=Character.objects.get(name="R"),
        actor=desk.ada,
        first=rows[1],
        last=rows[4],
    )
    page = sign_in(desk.ada)
    page.goto(desk.url)
    press(page, "j", "j", "j", "b")
    expect(page.locator(".toast")).to_contain_text("cut a dialogue in two (lines 2 to 5, draft)")
    assert shown_starts(page) == [0]
    assert desk.starts() == [0]


def test_ctrl_enter_submits_what_is_saved_and_opens_the_next(desk: Desk, sign_in: SignIn) -> None:
    following = make_scene(LINES, project=desk.project, target="R", episode_number=2)
    page = sign_in(desk.ada)
    page.goto(desk.url)
    press(page, "j", "b", "Shift+N")
    page.keyboard.type("Kitchen")
    press(page, "Control+Enter")
    expect(page).to_have_url(re.compile(f"/scenes/{following.segmentation.episode.pk}/$"))
    page.wait_for_load_state()
    layer = Segmentation.objects.get(episode=desk.episode)
    assert layer.state == SegmentationState.SUBMITTED
    assert desk.starts() == [0, 1]
    assert ContextNote.objects.get().title == "Kitchen"
    page.goto(desk.url)
    page.get_by_role("button", name="Reopen").click()
    expect(page.get_by_role("button", name="Submit")).to_be_visible()
    press(page, "Control+Enter")
    expect(page).to_have_url(re.compile(f"/scenes/{following.segmentation.episode.pk}/$"))
    page.wait_for_load_state()
    page.goto(desk.url)
    expect(page.get_by_role("button", name="Submit")).to_be_hidden()
    press(page, "j", "j", "b")
    saved(page)
    expect(page.get_by_role("button", name="Submit")).to_be_visible()
    expect(page.locator(".lead")).to_contain_text("in progress")


def test_a_lost_answer_is_no_conflict_and_saves_nothing_twice(desk: Desk, sign_in: SignIn) -> None:
    page = sign_in(desk.ada)
    page.goto(desk.url)

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/edits/", lose_the_answer, times=1)
    press(page, "j", "b")
    saved(page)
    assert desk.starts() == [0, 1]
    assert Segmentation.objects.get().revision == 1
    expect(page.locator("#scenes-conflict")).to_be_hidden()


def test_the_reader_works_as_plain_forms_without_scripts(desk: Desk, sign_in: SignIn) -> None:
    page = sign_in(desk.ada, java_script_enabled=False)
    page.goto(desk.url)
    page.get_by_role("button", name="4 starts a scene", exact=True).click()
    assert desk.starts() == [0, 3]
    page.get_by_label("about").fill("7")
    page.get_by_role("button", name="Suggest").click()
    page.get_by_role("button", name="Accept").first.click()
    assert len(desk.starts()) == 3
    page.get_by_role("button", name="Dismiss").first.click()
    page.get_by_role("link", name="Add a note").nth(1).click()
    page.get_by_label("Title").fill("Cellar")
    page.get_by_role("button", name="Save the note").click()
    assert ContextNote.objects.get().title == "Cellar"
    page.get_by_role("link", name="Back to the scene").click()
    page.get_by_role("button", name="Submit").click()
    assert Segmentation.objects.get().state == SegmentationState.SUBMITTED


def test_the_reader_fits_a_phone(desk: Desk, sign_in: SignIn) -> None:
    page = sign_in(desk.ada, viewport={"width": 360, "height": 740}, has_touch=True)
    page.goto(desk.url)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 360
    page.locator("#u3 .at").tap()
    saved(page)
    assert desk.starts() == [0, 3]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages_of_scenes(desk: Desk, sign_in: SignIn, scheme: str) -> None:
    run_speaker_model(desk.episode, actor=desk.ada, scenes=7)
    save_note(desk.episode, position=0, title="Den", text="Late.", revision=0, author=desk.ada)
    page = sign_in(desk.ada, color_scheme=scheme, bypass_csp=True)
    for address in (desk.url, f"{desk.url}notes/0/", f"/p/{desk.project.slug}/scenes/"):
        page.goto(address)
        settle(page)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


def test_undo_outlives_a_reload_a_note_and_a_submission(desk: Desk, sign_in: SignIn) -> None:
    make_scene(LINES, project=desk.project, target="R", episode_number=2)
    page = sign_in(desk.ada)
    page.goto(desk.url)
    press(page, "j", "j", "b")
    saved(page)
    press(page, "Shift+N")
    page.keyboard.type("Cellar")
    press(page, "Escape", "Control+Enter")
    expect(page.get_by_text("is submitted")).to_be_visible()
    page.wait_for_load_state()
    page.goto(desk.url)
    undo, redo = page.locator("[data-undo]"), page.locator("[data-redo]")
    expect(undo).to_have_attribute("title", "the submission")
    press(page, "Control+z")
    expect(page.locator("[data-state-is=in_progress]").first).to_be_visible()
    expect(undo).to_have_attribute("title", "the title and note from line 3")
    press(page, "Control+z")
    expect(page.locator(".reader .scene .scene-title").nth(1)).to_have_text("")
    expect(page.locator("[data-note-state]")).to_have_text("saved")
    assert list(ContextNote.objects.values_list("title", flat=True)) == ["", "Cellar"]
    page.reload()
    assert cursor(page) == 2
    press(page, "Control+z")
    saved(page)
    assert desk.starts() == [0]
    expect(undo).to_be_disabled()
    press(page, "Control+Shift+z", "Control+Shift+z")
    expect(page.locator(".reader .scene .scene-title").nth(1)).to_have_text("Cellar")
    expect(redo).to_have_attribute("title", "the submission")
    expect(page.locator("[data-note-state]")).to_have_text("saved")
    press(page, "Control+Shift+z")
    expect(page.get_by_text("is submitted")).to_be_visible()
    assert desk.starts() == [0, 2]


def test_undo_says_why_a_step_cannot_be_taken_back(desk: Desk, sign_in: SignIn) -> None:
    page = sign_in(desk.ada)
    page.goto(desk.url)
    press(page, "j", "j", "b")
    saved(page)
    bob = make_member(desk.project, Role.ANNOTATOR)
    clear_boundary(desk.episode, position=2, revision=1, actor=bob)
    page.reload()
    press(page, "Control+z")
    expect(page.locator(".toast")).to_contain_text("was changed since")
    assert desk.starts() == [0]
