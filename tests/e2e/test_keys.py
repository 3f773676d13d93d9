"""Every key of the one map, pressed in a browser: each test presses all keys of its areas.

A command or a second key that comes new into the map fails the test of its area until it is pressed
there; a new area fails until it has a test.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect
from pydantic import SecretStr

from curation.domain.key_choices import choose_keys
from curation.enums import (
    DatasetState,
    DialogueState,
    Role,
    SegmentationState,
    Suggester,
    SuggestionState,
)
from curation.models import (
    Boundary,
    Dialogue,
    Episode,
    Segmentation,
    SuggestedBoundary,
    SuggestionRun,
    Utterance,
)
from rickproject.config import get_config
from rickproject.lib.key_commands import AREAS
from rickproject.lib.keymap import COMMANDS, area_of
from tests.contract.fault_server import KEY, FaultServer
from tests.curation.domain.dialogue_world import World
from tests.curation.domain.layer_world import BlindWorld
from tests.e2e.conftest import Site, is_read
from tests.factories import (
    DatasetVersionFactory,
    FineTuneJobFactory,
    ModelVersionFactory,
    make_approved_dialogues,
    make_member,
    make_scene,
)
from training.domain.chat import start_conversation
from training.enums import JobState
from training.models import Conversation

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
SignIn = Callable[..., Page]
SPOKEN = "\n".join(f"{name}: Line {n}." for n, name in enumerate("RMRMRMBJBJBJRMRM" * 3, start=1))
TURNS = "\n".join(f"PIP: Question {n}, is it?\nVEX: (nods) Answer {n}." for n in range(10))
NAMES = {"Mod": "Control", "Up": "ArrowUp", "Down": "ArrowDown", "Left": "ArrowLeft"}
NAMES |= {"Right": "ArrowRight"}
TESTED = {
    "reader", "note", "builder", "line", "review", "reason", "mend", "splits", "chat",
    "projects", "scripts", "dialogues", "datasets", "dataset", "training", "work", "everywhere",
}  # fmt: skip


def test_every_area_of_the_map_has_its_test() -> None:
    assert {area.name for area in AREAS} == TESTED


class Keyboard:
    """Presses keys by their command's name, and knows which of an area's keys it pressed."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.pressed: set[tuple[str, str]] = set()

    def press(self, command: str, which: int = 0) -> None:
        """Press the first or second key of a command."""
        name = COMMANDS[command].keys[which]
        self.pressed.add((command, name))
        *held, key = name.split("+")
        key = NAMES.get(key, key.lower() if len(key) == 1 and "Shift" not in held else key)
        self.page.keyboard.press("+".join([*(NAMES.get(one, one) for one in held), key]))

    def has_pressed_all(self, *areas: str) -> None:
        """Check that no key of these areas was left out."""
        keys = {
            (name, key)
            for name, command in COMMANDS.items()
            for key in command.keys
            if area_of(name) in areas
        }
        assert keys - self.pressed == set(), "keys of the map that this test does not press"


def cursor(page: Page, at: int) -> None:
    expect(page.locator(f"#u{at}")).to_have_class(re.compile(r"\bcursor\b"))


def saved(page: Page) -> None:
    expect(page.locator("[data-saved]")).to_have_text("saved")


def test_keys_of_the_reader(live_server: Site, sign_in: SignIn) -> None:
    scene = make_scene(SPOKEN, target="R")
    episode = scene.segmentation.episode
    project = episode.script.project
    make_scene(SPOKEN, project=project, target="R", episode_number=2)
    page = sign_in(make_member(project, Role.ANNOTATOR))
    page.goto(reverse("reader", args=[project.slug, episode.pk]))
    keys = Keyboard(page)
    heads = page.locator(".reader .scene")
    cursor(page, 0)
    for name, which, at in (
        ("next", 0, 1), ("next", 1, 2), ("previous", 0, 1), ("previous", 1, 0), ("page_on", 0, 10),
        ("page_back", 0, 0), ("last", 0, 47), ("first", 0, 0), ("next", 0, 1), ("next", 0, 2),
    ):  # fmt: skip
        keys.press(f"reader.{name}", which)
        cursor(page, at)
    keys.press("reader.toggle")
    expect(heads).to_have_count(2)
    keys.press("reader.page_on")
    keys.press("reader.toggle", 1)
    expect(heads).to_have_count(3)
    keys.press("reader.previous_scene")
    cursor(page, 2)
    keys.press("reader.next_scene")
    cursor(page, 12)
    for name, count in (("undo", 2), ("redo", 3)):
        keys.press(f"reader.{name}")
        expect(heads).to_have_count(count)
    write_in_the_margin(page, keys)
    saved(page)
    for name, line in (("comment", 13), ("comment_scene", 13)):
        keys.press(f"reader.{name}")
        expect(page.locator("#talk-title")).to_have_text(f"Comments on line {line}")
        page.keyboard.press("Escape")
        cursor(page, 12)
    suggestions(page, keys, heads)
    write_over_a_title(page, keys, episode)
    keys.press("reader.submit")
    expect(page.get_by_text("is submitted")).to_be_visible()
    layer = Segmentation.objects.get(episode=episode)
    assert layer.state == SegmentationState.SUBMITTED
    keys.has_pressed_all("reader", "note")


def write_in_the_margin(page: Page, keys: Keyboard) -> None:
    for name, field in (("note", "#note-text"), ("title", "#note-title")):
        keys.press(f"reader.{name}")
        expect(page.locator(field)).to_be_focused()
        page.keyboard.type("jgb?n")
        keys.press("note.leave")
        expect(page.locator(".line.cursor")).to_be_focused()
        expect(page.locator(field)).to_have_value("jgb?n")
    expect(page.locator("[data-note-state]")).to_have_text("saved")


def write_over_a_title(page: Page, keys: Keyboard, episode: Episode) -> None:
    run = SuggestionRun.objects.create(episode=episode, suggester=Suggester.SOURCE)
    taken = Boundary.objects.filter(segmentation__episode=episode, is_active=True)
    free = Utterance.objects.filter(episode=episode).exclude(boundaries__in=taken)
    line = free.order_by("position").last()
    offer = SuggestedBoundary.objects.create(
        run=run, utterance=line, title="EXT. YARD", probability=1, is_proposed=True
    )
    page.reload()
    keys.press("reader.last")
    page.locator(f"#u{offer.utterance.position}").click()
    keys.press("reader.title")
    expect(page.locator(".suggestion-title")).to_be_focused()
    page.keyboard.type("The yard")
    keys.press("note.accept")
    saved(page)
    offer.refresh_from_db()
    assert offer.state == SuggestionState.EDITED
    assert Boundary.objects.get(utterance=offer.utterance).title == "The yard"


def suggestions(page: Page, keys: Keyboard, heads: Locator) -> None:
    offers = page.locator(".suggestion[data-kind=suggested]")
    page.get_by_label("about").fill("9")
    page.locator(".line.cursor").focus()
    keys.press("reader.suggest")
    expect(page.get_by_text("The speakers suggest")).to_be_visible()
    cursor(page, 12)  # where it was
    keys.press("reader.first")
    count = offers.count()
    before = heads.count()
    keys.press("reader.accept")
    keys.press("reader.accept")
    expect(heads).to_have_count(before + 1)
    keys.press("reader.accept")
    keys.press("reader.dismiss")
    expect(offers).to_have_count(count - 2)
    offers.first.scroll_into_view_if_needed()
    keys.press("reader.accept_in_view")
    expect(offers.filter(visible=True)).not_to_have_count(count - 2)
    expect(page.get_by_text("accepted.").last).to_be_visible()
    saved(page)


def revision(page: Page, number: int) -> None:
    expect(page.locator("#change [name=revision]")).to_have_value(str(number))


def test_keys_of_the_builder(live_server: Site, sign_in: SignIn) -> None:
    world = World(TURNS)
    page = sign_in(world.writer)
    scene = reverse("scene_dialogues", args=[world.project.slug, world.episode.pk, world.scene.pk])
    page.goto(scene)
    keys = Keyboard(page)
    row = page.locator(".line.cursor")
    chosen = page.locator(".line.chosen")
    expect(row).to_have_id("row-1")
    for name, which, at in (("next", 0, 2), ("next", 1, 3), ("previous", 0, 2), ("previous", 1, 1)):
        keys.press(f"builder.{name}", which)
        expect(row).to_have_id(f"row-{at}")
    for name, which, count in (("more", 0, 2), ("more", 1, 3), ("less", 0, 2), ("less", 1, 0)):
        keys.press(f"builder.{name}", which)
        expect(chosen).to_have_count(count)
    keys.press("builder.more")
    keys.press("builder.unchoose")
    expect(chosen).to_have_count(0)
    keys.press("builder.propose")
    expect(page).to_have_url(re.compile("propose=1"))
    page.goto(scene)
    for _ in range(5):
        keys.press("builder.more")
    keys.press("builder.make")
    revision(page, 1)
    keys.press("builder.new")
    expect(page).to_have_url(re.compile(rf"{scene}$"))
    page.goto(reverse("dialogue", args=[world.project.slug, Dialogue.objects.get().pk]))
    change_it(page, keys)
    keys.press("builder.submit")
    expect(page.get_by_text("is submitted")).to_be_visible()
    keys.has_pressed_all("builder", "line")


def change_it(page: Page, keys: Keyboard) -> None:
    page.locator("#row-2 [data-pick]").click()
    steps = [("drop", 0), ("undo", 0), ("redo", 0), ("undo", 1), ("redo", 1)]
    for number, (name, which) in enumerate(steps, start=2):
        keys.press(f"builder.{name}", which)
        revision(page, number)
    expect(page.locator("#row-2 s")).to_have_count(1)
    page.locator("#row-3 [data-pick]").click()
    keys.press("builder.start")
    revision(page, 7)
    page.locator("#row-8 [data-pick]").click()
    keys.press("builder.end")
    revision(page, 8)
    page.locator("#row-4 [data-pick]").click()
    keys.press("builder.edit")
    expect(page.locator("#text-4")).to_be_focused()
    keys.press("line.leave")
    expect(page.locator("#text-4")).to_be_hidden()
    keys.press("builder.edit")
    page.locator("#text-4").fill("Answer one, dju[.")
    keys.press("line.keep")
    revision(page, 9)
    root = page.locator("[data-builder]")
    keys.press("builder.record")
    expect(root).to_have_attribute("data-no-record", "")


def test_keys_of_the_review(live_server: Site, sign_in: SignIn) -> None:
    world = World(TURNS)
    work = [world.submitted(first, first + 1) for first in range(0, 12, 2)]
    page = sign_in(world.reviewer)
    address = reverse("review", args=[world.project.slug])
    page.goto(address)
    keys, reason = Keyboard(page), page.locator("#id_reason")

    def decided(number: int, state: DialogueState) -> None:
        expect(page.get_by_text(f"Dialogue {work[number].pk} is {state.label}.")).to_be_visible()
        is_read(page)

    keys.press("review.approve")
    decided(0, DialogueState.APPROVED)
    for which, number in ((0, 0), (1, 0)):
        expect(page.get_by_role("button", name="Undo the decision")).to_be_visible()
        keys.press("review.undo", which)
        taken = page.get_by_text(f"on dialogue {work[number].pk} is taken back")
        expect(taken).to_be_visible()
        page.wait_for_load_state()
        keys.press("review.redo", which)
        again = f"made again: dialogue {work[number].pk} is approved."
        expect(page.get_by_text(again)).to_be_visible()
        page.wait_for_load_state()
    keys.press("review.back")
    expect(page).to_have_url(re.compile(rf"dialogue={work[0].pk}$"))
    page.goto(address)
    keys.press("review.skip")
    expect(page).to_have_url(re.compile(rf"skip={work[1].pk}$"))
    page.goto(address)
    keys.press("review.return")
    expect(reason).to_be_focused()
    page.keyboard.type("Ends too early, sax.")
    keys.press("reason.leave")
    expect(reason).not_to_be_focused()
    keys.press("review.return")
    decided(1, DialogueState.RETURNED)
    reason.fill("Ends too late.")
    keys.press("reason.return")
    decided(2, DialogueState.RETURNED)
    keys.press("review.remove")
    decided(3, DialogueState.REMOVED)
    keys.press("review.fix")
    expect(page).to_have_url(re.compile(rf"dialogue={work[4].pk}&fix=1$"))
    line = page.get_by_label("What PIP says in row 9")
    expect(line).to_be_focused()
    page.wait_for_load_state()
    line.fill("A question, is it?")
    keys.press("mend.leave")
    expect(line).not_to_be_focused()
    line.focus()
    keys.press("mend.approve")
    expect(page.get_by_text(f"Dialogue {work[4].pk} is fixed and approved.").first).to_be_visible()
    keys.has_pressed_all("review", "reason", "mend")


def test_keys_of_the_splits(live_server: Site, sign_in: SignIn) -> None:
    world = BlindWorld(annotators=9)
    more = [make_member(world.project, Role.ANNOTATOR) for _ in range(6)]
    for number, person in enumerate([world.ada, world.ben, world.cy, *more]):
        world.finish(person, 4 if number < 4 else 9)
    page = sign_in(world.rex)
    page.goto(reverse("adjudication", args=[world.project.slug, world.episode.pk]))
    keys = Keyboard(page)
    current = page.locator(".split.current")
    for name, which, at in (("next", 0, 4), ("next", 1, 9), ("previous", 0, 4), ("next", 0, 9)):
        keys.press(f"splits.{name}", which)
        expect(current).to_have_attribute("data-split", str(at))
    keys.press("splits.previous", 1)
    expect(current).to_have_attribute("data-split", "4")
    keys.press("splits.comment")
    expect(page.locator("#talk-title")).to_have_text("Comments on line 5")
    page.keyboard.press("Escape")
    undecided = page.locator("[data-undecided]")
    keys.press("splits.majority")
    expect(undecided).to_have_text("0 of 2 splits undecided")
    keys.press("splits.undo")
    expect(undecided).to_have_text("2 of 2 splits undecided")
    keys.press("splits.redo")
    expect(undecided).to_have_text("0 of 2 splits undecided")
    for number in range(1, 10):
        keys.press(f"splits.take_{number}")
        expect(current.locator("[data-decision]")).to_contain_text(f"as Annotator {number}")
    keys.press("splits.save")
    expect(page.get_by_text("is agreed")).to_be_visible()
    keys.has_pressed_all("splits")


@pytest.fixture
def talk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Conversation]:
    with FaultServer() as server:
        server.state.reply = ["I ", "did."]
        monkeypatch.setattr(get_config(), "openai_base_url", server.base_url)
        monkeypatch.setattr(get_config(), "openai_api_key", SecretStr(KEY))
        model = ModelVersionFactory(provider="openai", served_name="gpt-4o-mini")
        tester = make_member(model.project, Role.TESTER)
        yield start_conversation(model.project, user=tester, model=model)


def test_keys_of_the_chat(talk: Conversation, sign_in: SignIn) -> None:
    page = sign_in(talk.user)
    page.goto(reverse("conversation", args=[talk.project.slug, talk.pk]))
    keys = Keyboard(page)
    box, again = page.get_by_label("Your message"), page.get_by_role("button", name="Another reply")
    page.locator("h1").click()
    keys.press("chat.write")
    expect(box).to_be_focused()
    for which in (0, 1):
        page.keyboard.type("Who moved the moon?")
        keys.press("chat.send", which)
        expect(page.locator('[data-role="assistant"] .message-text')).to_have_count(which + 1)
        expect(page.locator(".message-text").last).to_have_text("I did.")
        expect(again).to_be_visible()
        expect(page.get_by_role("button", name="Send")).to_be_visible()
    keys.press("chat.edit")
    expect(page.get_by_label("Say this instead").last).to_be_focused()
    page.get_by_label("Say this instead").last.fill("Who, then?")
    page.get_by_role("button", name="Say it and go on from here").click()
    expect(page.get_by_text("2 of 2")).to_be_visible()
    expect(box).to_be_focused()
    keys.press("chat.version_before")
    expect(page.get_by_text("1 of 2")).to_be_visible()
    expect(box).to_be_focused()
    keys.press("chat.version_after")
    expect(page.get_by_text("2 of 2")).to_be_visible()
    page.route("**/reply/", lambda route: None)
    page.keyboard.type("And the sun?")
    keys.press("chat.send")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    keys.press("chat.stop")
    expect(page.get_by_text("Stopped by you.")).to_be_visible()
    keys.press("chat.settings")
    expect(page.locator("#chat-settings")).to_be_visible()
    page.keyboard.press("Escape")
    keys.press("chat.new")
    expect(page.get_by_role("heading", name="Talk to a character")).to_be_visible()
    keys.has_pressed_all("chat")


def test_keys_of_lists_and_of_every_page(live_server: Site, sign_in: SignIn) -> None:
    project = make_approved_dialogues(1)
    mina = make_member(project, Role.MANAGER)
    version = DatasetVersionFactory(project=project, state=DatasetState.APPROVED)
    FineTuneJobFactory(project=project, dataset=version, state=JobState.SUCCEEDED)
    page = sign_in(mina)
    keys = Keyboard(page)
    slug = project.slug
    for route, args, command, target in (
        ("home", [], "projects.new", "project_create"),
        ("scripts", [slug], "scripts.upload", "script_upload"),
        ("dialogues", [slug], "dialogues.propose", "dialogues_propose"),
        ("datasets", [slug], "datasets.build", "dataset_build"),
        ("dataset", [slug, version.number], "dataset.train", "job_start"),
        ("jobs", [slug], "training.new", "job_start"),
        ("project", [slug], "everywhere.search", "search"),
    ):
        page.goto(reverse(route, args=args))
        keys.press(command)
        expect(page).to_have_url(re.compile(re.escape(reverse(target, args=args[:1]))))
    page.goto(reverse("work", args=[slug]))
    with page.expect_request(
        lambda request: request.url.endswith(reverse("work_next", args=[slug]))
    ):
        keys.press("work.next")
    page.wait_for_load_state()
    page.goto(reverse("project", args=[slug]))
    sheet = page.get_by_role("dialog", name="Keys")
    keys.press("everywhere.help")
    expect(sheet).to_contain_text("Search this project")
    keys.press("everywhere.help")
    expect(sheet).to_be_hidden()
    areas = TESTED - {
        "reader", "note", "builder", "line", "review", "reason", "mend", "splits", "chat",
    }  # fmt: skip
    keys.has_pressed_all(*areas)


def test_changed_keys_act_the_old_ones_do_not_and_none_where_it_must_not(
    live_server: Site, sign_in: SignIn
) -> None:
    scene = make_scene(SPOKEN, target="R")
    project = scene.segmentation.episode.script.project
    ada: User = make_member(project, Role.ANNOTATOR)
    choose_keys(ada, wanted={"reader.toggle": ("Q",)})
    page = sign_in(ada)
    address = reverse("reader", args=[project.slug, scene.segmentation.episode.pk])
    page.goto("/keys/")
    field = page.get_by_label("Key: Next line", exact=True)
    field.press("m")
    expect(field).to_have_value("M")
    field.press("Control+Shift+m")
    expect(field).to_have_value("Mod+Shift+M")
    field.press("m")
    page.get_by_label("Key: Write the scene’s context note", exact=True).press("Delete")
    page.get_by_role("button", name="Keep these keys").last.click()
    expect(page.get_by_text("Your keys are kept")).to_be_visible()
    page.goto(address)
    cursor(page, 0)
    expect(page.locator("label[for=note-text] kbd")).to_be_hidden()
    for key in ("m", "ArrowDown", "j", "n", "Control+m", "Alt+m", "Meta+m", "b", "Enter"):
        page.keyboard.press(key)
    cursor(page, 2)
    page.evaluate("""() => { for (const more of [{ isComposing: true }, { keyCode: 229 }, {}])
      document.querySelector(".line.cursor").dispatchEvent(new KeyboardEvent("keydown",
        { key: "m", code: "KeyM", bubbles: true, cancelable: true, ...more })); }""")
    cursor(page, 3)
    page.keyboard.press("?")
    expect(page.locator("#keymap")).to_contain_text("Next line")
    page.keyboard.press("m")
    page.keyboard.press("q")
    page.keyboard.press("Escape")
    cursor(page, 3)
    expect(page.locator(".reader .scene")).to_have_count(1)
    page.keyboard.press("q")
    expect(page.locator(".reader .scene")).to_have_count(2)
