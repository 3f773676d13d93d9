"""The dialogue builder and the review queue in a real browser: every key, and the mouse."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from curation.domain.dialogues import set_training_text
from curation.enums import Decision, DialogueState
from curation.models import Dialogue, Review
from tests.curation.domain.dialogue_world import World, positions
from tests.e2e.conftest import is_read

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

SignIn = Callable[..., Page]
LINES = "\n".join(f"PIP: Question {n}, is it?\nVEX: (nods) Answer {n}." for n in range(10))


@pytest.fixture
def world(live_server: LiveServer) -> World:
    return World(LINES)


def scene_url(world: World) -> str:
    return f"/p/{world.project.slug}/scenes/{world.episode.pk}/dialogues/{world.scene.pk}/"


def dialogue_url(dialogue: Dialogue) -> str:
    return f"/p/{dialogue.project.slug}/dialogues/{dialogue.pk}/"


def revision(page: Page, number: int) -> None:
    """Wait until the page shows a revision."""
    expect(page.locator("#change [name=revision]")).to_have_value(str(number))


def open_builder(page: Page, url: str) -> Page:
    page.goto(url)
    page.locator(".line.cursor").wait_for()
    return page


def test_rows_chosen_by_keys_show_their_record_and_become_a_dialogue(
    world: World, sign_in: SignIn
) -> None:
    page = open_builder(sign_in(world.writer), scene_url(world))
    page.keyboard.press("j")
    page.keyboard.press("j")
    for _ in range(4):
        page.keyboard.press("Shift+ArrowDown")
    expect(page.locator("[data-messages] li")).to_have_count(5)
    expect(page.locator("[data-messages] li").last).to_contain_text("(nods) Answer 2.")
    page.keyboard.press("d")
    page.wait_for_url(f"**/p/{world.project.slug}/dialogues/*/")
    revision(page, 1)
    assert positions(Dialogue.objects.get()) == [2, 3, 4, 5]
    expect(page.locator(".in-range")).to_have_count(4)
    page.reload()
    expect(page.locator(".in-range")).to_have_count(4)


def test_the_cost_follows_the_rows_that_are_chosen(world: World, sign_in: SignIn) -> None:
    page = open_builder(sign_in(world.writer), scene_url(world))
    cost, total = page.locator("[data-cost]"), page.locator("[data-total]")
    expect(cost).to_be_hidden()
    page.keyboard.press("Shift+ArrowDown")
    expect(cost).to_contain_text("on gpt-4.1-mini")
    for key, messages in (("Shift+ArrowDown", 5), ("Shift+ArrowUp", 3)):
        for _ in range(2):
            page.keyboard.press(key)
        expect(page.locator("[data-messages] li")).to_have_count(messages)
        tokens = int((total.text_content() or "").split()[0])
        expect(cost.locator("[data-usd-per-million='5']")).to_have_text(f"{tokens * 5e-6:.4f}")
    page.keyboard.press("d")
    revision(page, 1)
    tokens = int((total.text_content() or "").split()[0])
    expect(cost.locator("[data-usd-per-million='5']")).to_have_text(f"{tokens * 5e-6:.4f}")


def test_rows_are_chosen_by_dragging_over_their_numbers(world: World, sign_in: SignIn) -> None:
    page = open_builder(sign_in(world.writer), scene_url(world))
    page.locator("#row-3 [data-pick]").hover()
    page.mouse.down()
    page.locator("#row-6 [data-pick]").hover()
    page.mouse.up()
    expect(page.locator(".chosen")).to_have_count(4)
    page.get_by_role("button", name="Make a dialogue").click()
    revision(page, 1)
    assert positions(Dialogue.objects.get()) == [2, 3, 4, 5]


def test_rows_are_chosen_by_two_taps(world: World, sign_in: SignIn) -> None:
    page = sign_in(world.writer, has_touch=True, viewport={"width": 360, "height": 800})
    open_builder(page, scene_url(world))
    page.locator("#row-1 [data-pick]").tap()
    page.locator("#row-2 [data-pick]").tap()
    expect(page.locator(".chosen")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_brackets_change_the_range_and_undo_and_redo_bring_it_back(
    world: World, sign_in: SignIn
) -> None:
    dialogue = world.dialogue(2, 5)
    page = open_builder(sign_in(world.writer), dialogue_url(dialogue))
    page.locator("#row-9 [data-pick]").click()
    page.keyboard.press("]")
    revision(page, 2)
    assert positions(dialogue) == [2, 3, 4, 5, 6, 7]  # row 9 is Pip's: it ends on Vex's before
    page.locator("#row-5 [data-pick]").click()
    page.keyboard.press("[")
    revision(page, 3)
    assert positions(dialogue) == [4, 5, 6, 7]
    page.keyboard.press("u")
    revision(page, 4)
    page.keyboard.press("Control+z")
    revision(page, 5)
    assert positions(dialogue) == [2, 3, 4, 5]
    page.keyboard.press("Control+Shift+Z")
    revision(page, 6)
    assert positions(dialogue) == [2, 3, 4, 5, 6, 7]


def test_backspace_leaves_rows_out_and_takes_them_back(world: World, sign_in: SignIn) -> None:
    dialogue = world.dialogue(0, 5)
    page = open_builder(sign_in(world.writer), dialogue_url(dialogue))
    page.locator("#row-3 [data-pick]").click()
    page.keyboard.press("Backspace")
    revision(page, 2)
    expect(page.locator("#row-3 s")).to_have_text("Question 1, is it?")
    expect(page.locator(".line.cursor")).to_have_id("row-3")
    page.keyboard.press("Backspace")
    revision(page, 3)
    page.get_by_role("button", name="Leave out row 3").click()
    revision(page, 4)
    assert positions(dialogue, kept_only=True) == [0, 1, 3, 4, 5]


def test_keys_pressed_faster_than_the_server_answers_are_all_done_in_order(
    world: World, sign_in: SignIn
) -> None:
    dialogue = world.dialogue(0, 9)
    page = sign_in(world.writer)

    def late(route: Route) -> None:
        time.sleep(0.3)
        route.continue_()

    page.route("**/change/", late)
    open_builder(page, dialogue_url(dialogue))
    page.locator("#row-3 [data-pick]").click()
    for key in ("Backspace", "j", "j", "Backspace", "j", "Shift+ArrowDown", "Backspace", "u"):
        page.keyboard.press(key)
    revision(page, 5)
    assert positions(dialogue, kept_only=True) == [0, 1, 3, 5, 6, 7, 8, 9]


def test_a_line_is_cleaned_with_its_record_beside_it(world: World, sign_in: SignIn) -> None:
    dialogue = world.dialogue(0, 1)
    page = open_builder(sign_in(world.writer), dialogue_url(dialogue))
    page.keyboard.press("j")
    page.keyboard.press("e")
    box = page.locator("#text-2")
    expect(box).to_be_focused()
    box.fill("Answer none, dj?[")  # keys of the page do nothing while somebody types
    expect(page.locator("[data-messages] li").last).to_contain_text("Answer none, dj?[")
    page.keyboard.press("Escape")
    expect(page.locator("[data-messages] li").last).to_contain_text("(nods) Answer 0.")
    page.keyboard.press("e")
    box.fill("Answer none.")
    page.keyboard.press("Control+Enter")
    revision(page, 2)
    assert dialogue.members.get(utterance=world.rows[1]).training_text == "Answer none."
    expect(page.locator("#row-2 del")).to_have_text("(nods) Answer 0.")


def test_submit_and_next_is_one_key_and_can_be_taken_back(world: World, sign_in: SignIn) -> None:
    first, second = world.dialogue(0, 1), world.dialogue(2, 3)
    page = open_builder(sign_in(world.writer), dialogue_url(first))
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**{dialogue_url(second)}")
    first.refresh_from_db()
    assert first.state == DialogueState.SUBMITTED
    open_builder(page, dialogue_url(first))
    page.keyboard.press("u")
    expect(page.locator("#change .status")).to_contain_text("draft")
    first.refresh_from_db()
    assert first.state == DialogueState.DRAFT


def test_a_colleague_who_was_faster_is_named_and_nothing_is_overwritten(
    world: World, sign_in: SignIn
) -> None:
    dialogue = world.dialogue(0, 5)
    page = open_builder(sign_in(world.writer), dialogue_url(dialogue))
    set_training_text(
        dialogue, actor=world.reviewer, revision=1, utterance=world.rows[0].pk, text="Hers."
    )
    page.keyboard.press("Backspace")
    expect(page.get_by_role("alert")).to_contain_text("it is now 2")
    expect(page.locator("#row-1 .line-text")).to_have_text("Hers.")
    assert dialogue.members.filter(is_dropped=True).count() == 0


def test_p_hides_the_record_and_a_change_keeps_it_hidden(world: World, sign_in: SignIn) -> None:
    page = open_builder(sign_in(world.writer), dialogue_url(world.dialogue(0, 5)))
    page.keyboard.press("p")
    expect(page.locator("#record")).to_be_hidden()
    page.locator("#row-3 [data-pick]").click()
    page.keyboard.press("Backspace")
    revision(page, 2)
    expect(page.locator("#record")).to_be_hidden()
    page.keyboard.press("p")
    expect(page.locator("#record")).to_be_visible()


def test_the_builder_works_without_its_script(world: World, sign_in: SignIn) -> None:
    page = sign_in(world.writer, java_script_enabled=False)
    page.goto(scene_url(world))
    page.fill("#choose-first", "1")
    page.fill("#choose-last", "4")
    page.get_by_role("button", name="Show the record").click()
    expect(page.locator("[data-messages] li")).to_have_count(5)
    page.get_by_role("button", name="Make a dialogue").click()
    page.get_by_role("button", name="Take out directions").click()
    page.get_by_role("button", name="Submit and next").click()
    dialogue = Dialogue.objects.get()
    assert (dialogue.state, dialogue.revision) == (DialogueState.SUBMITTED, 2)
    assert dialogue.members.get(utterance=world.rows[1]).training_text == "Answer 0."


def test_a_key_pressed_too_often_decides_on_nothing_unread(world: World, sign_in: SignIn) -> None:
    for first in (0, 2):
        world.submitted(first, first + 1)
    page = sign_in(world.reviewer)
    page.clock.install()
    page.goto(f"/p/{world.project.slug}/review/")
    expect(page.locator(".review-lines")).to_contain_text("Answer 0.")
    page.clock.pause_at(datetime.now(UTC) + timedelta(minutes=1))
    said = page.locator("[data-said]")
    page.keyboard.press("a")
    expect(page.locator(".review-lines")).to_contain_text("Answer 1.")
    expect(said).to_contain_text("is approved")
    page.keyboard.press("a")
    expect(said).to_contain_text("Decide once you have read it")
    assert Review.objects.count() == 1
    page.clock.run_for(1_000)
    page.keyboard.press("a")
    expect(page.get_by_role("heading", name="Nothing waits for review")).to_be_visible()
    assert Review.objects.count() == 2


def test_the_queue_is_worked_off_by_keys(world: World, sign_in: SignIn) -> None:
    dialogues = [world.submitted(first, first + 1) for first in (0, 2, 4)]
    page = sign_in(world.reviewer)
    page.goto(f"/p/{world.project.slug}/review/")
    expect(page.locator(".review-lines")).to_contain_text("Answer 0.")
    page.keyboard.press("a")
    expect(page.locator(".review-lines")).to_contain_text("Answer 1.")
    expect(page.locator("[data-said]")).to_have_text(f"Dialogue {dialogues[0].pk} is approved.")
    page.go_back()
    expect(page.locator(".review-lines")).to_contain_text("Answer 0.")
    is_read(page)
    page.go_forward()
    expect(page.locator(".review-lines")).to_contain_text("Answer 1.")
    is_read(page)
    page.keyboard.press("r")
    expect(page.get_by_label("Reason")).to_be_focused()
    page.keyboard.type("axr: too short")  # typed, not pressed
    is_read(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".review-lines")).to_contain_text("Answer 2.")
    is_read(page)
    page.keyboard.press("x")
    expect(page.get_by_role("heading", name="Nothing waits for review")).to_be_visible()
    expect(page.locator("[data-said]")).to_have_text(f"Dialogue {dialogues[2].pk} is removed.")
    assert list(Review.objects.order_by("pk").values_list("dialogue", "decision", "reason")) == [
        (dialogues[0].pk, Decision.APPROVED, ""),
        (dialogues[1].pk, Decision.RETURNED, "axr: too short"),
        (dialogues[2].pk, Decision.REMOVED, ""),
    ]


def test_changes_made_offline_are_kept_over_a_reload_and_a_conflict_shows_both_texts(
    world: World, sign_in: SignIn
) -> None:
    dialogue = world.dialogue(0, 3)
    page = open_builder(sign_in(world.writer), dialogue_url(dialogue))

    def write(row: int, text: str) -> None:
        page.locator(f"#row-{row} [data-pick]").click()
        page.keyboard.press("e")
        page.locator(f"#text-{row}").fill(text)
        page.keyboard.press("Control+Enter")

    away = [True]
    page.route("**/change/", lambda route: route.abort())
    page.route("**/edits/", lambda route: route.abort() if away[0] else route.continue_())
    page.locator("#row-3 [data-pick]").click()
    page.keyboard.press("Backspace")
    expect(page.locator("[data-kept]")).to_have_text("Offline: 1 change kept here")
    write(2, "Mine.")
    expect(page.locator("[data-kept]")).to_have_text("Offline: 2 changes kept here")
    expect(page.locator("#row-2 .line-text")).to_have_text("Mine.")
    expect(page.locator("#row-3 s")).to_have_count(1)
    page.keyboard.press("Control+Enter")
    all_kept = "Offline: 2 changes and the submission kept here"
    expect(page.locator("[data-kept]")).to_have_text(all_kept)
    page.reload()
    expect(page.locator("[data-kept]")).to_have_text(all_kept)
    expect(page.locator("#row-2 .line-text")).to_have_text("Mine.")
    set_training_text(
        dialogue, actor=world.reviewer, revision=1, utterance=world.rows[1].pk, text="Theirs."
    )
    away[0] = False
    page.evaluate("dispatchEvent(new Event('online'))")
    dialog = page.locator("#builder-conflict")
    expect(dialog.locator("[data-conflict-yours]")).to_contain_text("row 2: “Mine.”")
    expect(dialog.locator("[data-conflict-theirs]")).to_contain_text("Row 2: “Theirs.”")
    page.keyboard.press("d")
    dialog.get_by_role("button", name="Keep both").click()
    revision(page, 4)
    expect(page.locator("[data-kept]")).to_be_hidden()
    assert dialogue.members.get(utterance=world.rows[1]).training_text == "Mine."
    assert positions(dialogue, kept_only=True) == [0, 1, 3]
    dialogue.refresh_from_db()
    assert dialogue.state == DialogueState.SUBMITTED
