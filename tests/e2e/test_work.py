"""Work shared out among people in browsers of their own: taken, taken over, reviewed by several."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from curation.domain import assignments
from curation.domain.review_rules import choose_review_rules
from curation.enums import Decision, DialogueState, Role
from curation.models import Assignment, Dialogue, Review
from tests.curation.domain.dialogue_world import World
from tests.curation.domain.layer_world import BlindWorld
from tests.e2e.conftest import is_read
from tests.factories import make_member

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
SignIn = Callable[..., Page]


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    assignments._renewed.clear()


def test_a_manager_gives_places_by_ticks_and_shares_out_the_rest(
    live_server: LiveServer, sign_in: SignIn, shot: Callable[[Page, str], object]
) -> None:
    world = BlindWorld(annotators=2)
    page = sign_in(world.mina)
    page.goto(f"/p/{world.project.slug}/assignments/")
    page.get_by_label(f"{world.cy.username}, S1E1").check()
    page.get_by_role("button", name="Save the table").click()
    expect(page.get_by_text("1 change saved")).to_be_visible()
    page.get_by_role("button", name="Share out 1 place").click()
    expect(page.get_by_text("1 place given")).to_be_visible()
    shot(page, "assignments")
    assert set(Assignment.objects.values_list("person", flat=True)) == {
        world.cy.pk,
        world.ada.pk,
    }


def test_two_reviewers_approve_fix_return_and_resubmit_by_keys(
    live_server: LiveServer, sign_in: SignIn
) -> None:
    world = World("\n".join(f"PIP: Question {n}?\nVEX: Answer {n}." for n in range(6)))
    project = world.project
    choose_review_rules(project, approvals=2, percent=0, seed=1, actor=project.created_by)
    dialogues = [world.submitted(first, first + 1) for first in (0, 2, 4)]
    review = f"/p/{project.slug}/review/"
    rex, uma = sign_in(world.reviewer), sign_in(make_member(project, Role.REVIEWER))
    rex.goto(review)
    rex.keyboard.press("a")
    expect(rex.locator("[data-said]")).to_contain_text("approved by 1 of 2")
    expect(rex.locator(".review-lines")).to_contain_text("Answer 1.")
    rex.keyboard.press("r")  # asks in the page, not in a bubble of the browser
    expect(rex.get_by_text("Say why, so that")).to_be_visible()
    rex.keyboard.type("Too short.")
    is_read(rex)
    rex.keyboard.press("Control+Enter")
    expect(rex.locator(".review-lines")).to_contain_text("Answer 2.")
    rex.keyboard.press("f")
    line = rex.get_by_label("What VEX says in row 6")
    line.fill("A better answer.")
    rex.wait_for_load_state()
    rex.keyboard.press("Control+Enter")
    expect(rex.get_by_text("is fixed and approved by 1 of 2").first).to_be_visible()
    expect(rex.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    writer = sign_in(world.writer)
    writer.goto(f"/p/{project.slug}/work/")
    writer.keyboard.press("n")  # what came back is next
    expect(writer.get_by_text("Too short.").first).to_be_visible()
    writer.wait_for_load_state()
    writer.keyboard.press("Control+Enter")
    expect(writer.get_by_text("submitted").first).to_be_visible()

    uma.goto(review)
    expect(uma.get_by_text("1 of 2 approvals")).to_be_visible()
    for _ in range(3):
        is_read(uma)
        shown = uma.locator("[data-queue]").get_attribute("data-dialogue")
        uma.keyboard.press("a")
        expect(uma.locator(f"[data-dialogue='{shown}']")).to_have_count(0)
    expect(uma.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    expect(uma.locator("[data-said]")).to_contain_text("approved by 1 of 2")
    states = [Dialogue.objects.get(pk=one.pk).state for one in dialogues]
    assert states == [DialogueState.APPROVED, DialogueState.SUBMITTED, DialogueState.APPROVED]
    assert Review.objects.filter(decision=Decision.APPROVED).count() == 5


def test_a_refused_decision_leads_back_and_keeps_the_reason(
    live_server: LiveServer, sign_in: SignIn
) -> None:
    world = World()
    first, second = world.submitted(0, 1), world.submitted(2, 3)
    page = sign_in(world.reviewer)
    page.goto(f"/p/{world.project.slug}/review/")
    expect(page.locator(f"[data-dialogue='{first.pk}']")).to_be_visible()
    sent: list[Route] = []
    page.route(f"**/review/{first.pk}/", lambda route: sent.append(route))  # noqa: PLW0108
    page.get_by_label("Reason").fill("Ends too early.")
    page.get_by_role("button", name="Return").click()
    # The next one is there before the server has answered.
    expect(page.locator(f"[data-dialogue='{second.pk}']")).to_be_visible()
    sent[0].abort()
    expect(page.get_by_role("alert")).to_contain_text("Your reason was: “Ends too early.”")
    page.unroute(f"**/review/{first.pk}/")
    page.get_by_role("button", name="Send it again").click()
    expect(page.locator("[data-said]")).to_contain_text(f"Dialogue {first.pk} is returned.")
    assert Review.objects.get().reason == "Ends too early."
