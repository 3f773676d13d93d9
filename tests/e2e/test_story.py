"""One story of four people at once: two annotators, one of them on a phone, a reviewer, a manager.

They cut blind, agree, settle what they do not agree on, talk, pick a dialogue, lose the network and
a place, clash over one line, return and resubmit, and approve.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from curation.domain import assignments
from curation.enums import DialogueState, SegmentationState, WorkKind
from curation.models import Activity, Assignment, Dialogue, SplitDecision
from tests.curation.domain.layer_world import BlindWorld

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
SignIn = Callable[..., Page]
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


class Team:
    """Four people, each in a browser of their own."""

    def __init__(self, sign_in: SignIn) -> None:
        assignments._renewed.clear()
        self.world = world = BlindWorld(annotators=2, lines="MRMRMRMRMRMR")
        self.project = f"/p/{world.project.slug}/"
        self.reader = f"{self.project}scenes/{world.episode.pk}/"
        self.ada = sign_in(world.ada, live=True)
        self.ben = sign_in(world.ben, live=True, **PHONE)
        self.rex = sign_in(world.rex)
        self.mina = sign_in(world.mina, live=True)

    def read(self, page: Page) -> Page:
        page.goto(self.reader)
        expect(page.locator(".line.cursor")).to_have_count(1)
        return page


def test_four_people_bring_an_episode_from_blind_layers_to_an_approved_dialogue(
    live_server: LiveServer, sign_in: SignIn
) -> None:
    team = Team(sign_in)
    cut_blind_and_lose_the_network(team)
    settle(team)
    read_together(team)
    dialogue = pick_a_dialogue_and_lose_the_place(team)
    clash_over_one_line(team, dialogue)
    return_and_approve(team, dialogue)


def cut_blind_and_lose_the_network(team: Team) -> None:
    ada, ben = team.read(team.ada), team.read(team.ben)
    for _ in range(4):
        ada.keyboard.press("j")
    ada.keyboard.press("b")
    ada.keyboard.press("Shift+G")
    for _ in range(3):
        ada.keyboard.press("k")
    ada.keyboard.press("b")
    expect(ada.locator("[data-saved]")).to_have_text("saved")
    ben.locator("#u4 .at").tap()
    expect(ben.locator("[data-saved]")).to_have_text("saved")
    ben.context.set_offline(True)
    ben.locator("#u6 .at").tap()
    expect(ben.locator("[data-saved]")).to_have_text("Offline: 1 change kept here")
    ben.get_by_role("button", name="Submit").tap()
    expect(ben.locator("[data-saved]")).to_have_text(
        "Offline: 1 change and the submission kept here"
    )
    assert team.world.starts(team.world.ben) == [0, 4]
    ada.keyboard.press("Control+Enter")
    expect(ada.get_by_text("is submitted")).to_be_visible()
    ada.goto(f"{team.reader}agreement/")
    expect(ada.get_by_text("Agreement needs two finished layers").first).to_be_visible()
    ben.context.set_offline(False)
    expect(ben.locator(".toast", has_text="S1E1 is submitted.")).to_be_visible()
    assert team.world.starts(team.world.ben) == [0, 4, 6]
    assert Activity.objects.filter(verb="scenes.submitted").count() == 2


def settle(team: Team) -> None:
    team.ada.reload()
    expect(team.ada.locator(".headline-number")).to_have_text(re.compile(r"0\.\d\d"))
    rex = team.rex
    rex.goto(f"{team.reader}adjudication/")
    rex.keyboard.press("Alt+Shift+ArrowRight")
    for at, left in ((6, 2), (8, 1)):
        expect(rex.locator("[data-undecided]")).to_have_text(f"{left} of 2 splits undecided")
        expect(rex.locator(".split.current")).to_have_attribute("data-split", str(at))
        rex.keyboard.press("1")
    expect(rex.locator("[data-undecided]")).to_have_text("0 of 2 splits undecided")
    rex.keyboard.press("Control+Enter")
    expect(rex.get_by_text("is agreed")).to_be_visible()
    assert team.world.starts() == [0, 4, 8]
    taken = SplitDecision.objects.values_list("utterance__position", "taken_from", "decided_by")
    ada, person = team.world.ada.pk, team.world.rex.pk
    assert list(taken) == [(6, ada, person), (8, ada, person)]


def read_together(team: Team) -> None:
    ada, ben, mina = (team.read(page) for page in (team.ada, team.ben, team.mina))
    expect(ada.locator("[data-here]")).to_contain_text(team.world.ben.username)
    expect(ada.locator("[data-here]")).to_contain_text(team.world.mina.username)
    ada.keyboard.press("Shift+N")
    ada.keyboard.type("The cellar")
    expect(ben.locator(".scene-title").first).to_have_text("The cellar")
    ben.locator("#u10 .at").tap()
    expect(ada.get_by_text(f"{team.world.ben.username} changed the scenes.")).to_be_visible()
    expect(ada.locator(".scene[data-start='10']")).to_be_visible()
    ada.keyboard.press("Escape")
    expect(mina.locator(".scene[data-start='10']")).to_be_visible()
    mina.keyboard.press("j")
    mina.keyboard.press("c")
    mina.get_by_label("Begin a thread").fill(f"Is it dark, @{team.world.ada.username}?")
    mina.get_by_role("button", name="Comment", exact=True).click()
    expect(ada.locator("#u1 .said:not(.said-new)")).to_have_text("1")
    expect(ada.locator("#bell .bar-count")).to_have_text("1")
    mina.get_by_role("button", name="Resolve").click()
    expect(ada.locator("#u1 .said:not(.said-new)")).to_have_count(0)
    mina.context.close()
    expect(ada.locator("[data-here]")).not_to_contain_text(team.world.mina.username, timeout=30_000)
    ada.keyboard.press("Control+Enter")
    expect(ben.locator("[data-state-is=submitted]").first).to_be_visible()


def pick_a_dialogue_and_lose_the_place(team: Team) -> Dialogue:
    ada, ben = team.ada, team.ben
    ada.wait_for_load_state()
    ada.goto(f"{team.project}work/")
    ada.keyboard.press("n")  # the first scene without a dialogue
    expect(ada.get_by_text("Your place until")).to_be_visible()
    expect(ada.locator(".line.cursor")).to_have_count(1)
    for _ in range(3):
        ada.keyboard.press("Shift+ArrowDown")
    expect(ada.locator("[data-messages] li")).to_have_count(5)
    ada.keyboard.press("d")
    ada.wait_for_url(f"**{team.project}dialogues/*/")
    held = Assignment.objects.get(kind=WorkKind.DIALOGUES)
    assert held.person == team.world.ada
    team.read(ada)
    Assignment.objects.filter(pk=held.pk).update(lease_until=timezone.now() - timedelta(minutes=1))
    ben.goto(f"{team.project}work/")
    ben.get_by_role("button", name=re.compile("^Next")).first.tap()
    expect(ben.get_by_text("Your place until")).to_be_visible()
    expect(ada.get_by_text(f"{team.world.ben.username} took your place here over")).to_be_visible()
    return Dialogue.objects.get()


def clash_over_one_line(team: Team, dialogue: Dialogue) -> None:
    ada, ben = team.ada, team.ben
    address = f"{team.project}dialogues/{dialogue.pk}/"
    for page in (ada, ben):
        page.goto(address)
        expect(page.locator(".line.cursor")).to_have_count(1)
    ada.context.set_offline(True)
    ada.locator("#row-2 [data-pick]").click()
    ada.keyboard.press("e")
    ada.locator("#text-2").fill("Mine.")
    ada.keyboard.press("Control+Enter")
    expect(ada.locator("[data-kept]")).to_have_text("Offline: 1 change kept here")
    ada.keyboard.press("Control+Enter")
    expect(ada.locator("[data-kept]")).to_have_text(
        "Offline: 1 change and the submission kept here"
    )
    ben.locator("#row-2 summary").tap()
    ben.locator("#text-2").fill("Theirs.")
    ben.locator("#row-2").get_by_role("button", name="Keep this text").tap()
    expect(ben.locator("#change [name=revision]")).to_have_value("2")
    ada.context.set_offline(False)
    dialog = ada.locator("#builder-conflict")
    expect(dialog.locator("[data-conflict-yours]")).to_contain_text("row 2: “Mine.”")
    expect(dialog.locator("[data-conflict-yours]")).to_contain_text("it is submitted")
    expect(dialog.locator("[data-conflict-theirs]")).to_contain_text("Row 2: “Theirs.”")
    dialog.get_by_role("button", name="Keep both").click()
    expect(ada.locator(".toast", has_text="The dialogue is submitted.")).to_be_visible()
    dialogue.refresh_from_db()
    assert (dialogue.state, dialogue.submitted_by) == (DialogueState.SUBMITTED, team.world.ada)
    assert dialogue.members.get(utterance__position=1).training_text == "Mine."


def return_and_approve(team: Team, dialogue: Dialogue) -> None:
    ada, rex = team.ada, team.rex
    rex.goto(f"{team.project}review/")
    rex.keyboard.press("r")
    rex.keyboard.type("Too short.")
    rex.keyboard.press("Control+Enter")
    expect(rex.locator("[data-said]")).to_contain_text("is returned")
    ada.goto(f"{team.project}work/")
    ada.keyboard.press("n")  # what came back is next
    expect(ada.get_by_text("Too short.").first).to_be_visible()
    expect(ada.locator(".line.cursor")).to_have_count(1)
    ada.keyboard.press("Control+Enter")
    expect(ada.get_by_text("is submitted").first).to_be_visible()
    rex.goto(f"{team.project}review/")
    rex.keyboard.press("a")
    expect(rex.locator("[data-said]")).to_contain_text("is approved")
    dialogue.refresh_from_db()
    assert dialogue.state == DialogueState.APPROVED
    scenes = dialogue.scene.segmentation
    assert scenes.state == SegmentationState.SUBMITTED
