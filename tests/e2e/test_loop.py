"""The whole loop by people at their browsers, on the platform as ``up`` starts it."""

import hashlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.conftest import is_read
from tests.e2e.team import Team, downloaded, make_team, until
from tests.faults.platform import Platform
from tests.loop.short_script import write_short_script

pytestmark = [pytest.mark.e2e, pytest.mark.torch, pytest.mark.timeout(1200)]
SLUG = "the-lighthouse"


GUIDE = Path(__file__).parents[2] / "docs/how-to/leave-openai-by-a-base-url.md"


@pytest.fixture
def team(browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Team]:
    pytest.importorskip("torch")
    pytest.importorskip("peft")
    monkeypatch.setenv("RICK_API_BASE_MODELS", "gpt-4o-mini=script-base")
    monkeypatch.setenv("RICK_SCRIPT_BASE_EPOCHS", "4")  # of thirty-five; enough for words
    platform = Platform(tmp_path / "var")
    done = platform.manage("migrate", "--verbosity", "0")
    assert done.returncode == 0, done.stderr
    make_team(platform, SLUG)
    people = Team(browser, platform, SLUG)
    try:
        platform.start()
        yield people
    finally:
        people.close()
        platform.clean_up()


def test_people_take_a_script_to_a_chat_with_its_character(team: Team, tmp_path: Path) -> None:
    with team.at_work("mina") as page:
        import_script(team, page, write_short_script(tmp_path / "short.csv"))
    with team.at_work("ada") as page:
        cut_scenes(team, page)
        make_dialogues(team, page)
    with team.at_work("rex") as page:
        review(team, page)
    with team.at_work("mina") as page:
        build_dataset(team, page)
    with team.at_work("admin") as page:
        approve_in_the_admin(team, page)
    with team.at_work("mina") as page:
        export(team, page, tmp_path)
        train(team, page)
    with team.at_work("tess") as page:
        talk(team, page)
    with team.at_work("mina") as page:
        run_the_guides_program(team, page, tmp_path)
    assert team.complaints == []
    assert team.platform.stop() == 0


def import_script(team: Team, page: Page, path: Path) -> None:
    """Upload, read the dry run, import, say who is to be learnt."""
    page.goto(team.path("script/upload/"))
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name="Upload and check").click()
    expect(page.get_by_text("This is what will be created")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("region", name="Episodes")).to_contain_text("A Small Leak in Tuesday")
    team.picture(page, "dry-run")
    page.get_by_role("button", name=re.compile("Import 213 utterances")).click()
    expect(page.get_by_role("link", name="Cut it into scenes")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Learn VEX").click()
    expect(page.get_by_role("button", name="Learn VEX")).to_have_text("✓ learnt")
    page.goto(team.path("script/upload/"))
    page.locator("input[type=file]").set_input_files(path)
    with page.expect_response(lambda answer: answer.status == 422):
        page.get_by_role("button", name="Upload and check").click()
    expect(page.get_by_text("The same file is here already")).to_be_visible()
    team.complaints = [one for one in team.complaints if "422" not in one]  # the refusal itself


def cut_scenes(team: Team, page: Page) -> None:
    """Take suggestions, draw a boundary, write a note, submit."""
    page.goto(team.path("scenes/"))
    page.get_by_role("link", name=re.compile("S1E1")).click()
    page.get_by_label("about").fill("9")
    page.get_by_role("button", name="Suggest").click()
    offers = page.locator(".suggestion[data-kind=suggested]")
    expect(offers.first).to_be_visible()
    for _ in range(40):
        if not offers.count():
            break
        page.keyboard.press("y")
    expect(offers).to_have_count(0)
    saved(page)
    starts = [int(one.get_attribute("data-start") or 0) for one in scenes(page)]
    own = next(at for at in range(3, 100) if not {at - 1, at, at + 1} & set(starts))
    page.keyboard.press("g")
    for _ in range(own):
        page.keyboard.press("j")
    page.keyboard.press("b")
    saved(page)
    assert len(scenes(page)) == len(starts) + 1
    page.keyboard.press("n")
    page.keyboard.type("The front step")
    page.get_by_label("Context note").fill("Morning. Pip arrives for his first day.")
    expect(page.locator("[data-note-state]")).to_have_text("saved")
    page.keyboard.press("Escape")
    team.picture(page, "reader")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name=re.compile("S1E2"))).to_be_visible()


def scenes(page: Page) -> list[Locator]:
    return page.locator(".reader .scene[data-start]").all()


def saved(page: Page) -> None:
    expect(page.locator("[data-saved]")).to_have_text("saved")


def make_dialogues(team: Team, page: Page) -> None:
    """Take up the proposals, clean one line in the builder, submit everything."""
    page.goto(team.path("dialogues/propose/?budget=160&cost=0"))
    team.picture(page, "proposals")
    page.get_by_role("button", name=re.compile(r"Make \d+ drafts")).click()
    drafts = page.locator("input[name=dialogue]")
    expect(drafts.first).to_be_visible()
    count = drafts.count()
    assert count >= 14
    page.locator(".dialogue-list th a").first.click()
    tools = page.locator("[data-member]").last
    tools.locator("summary").click()
    tools.locator("textarea").fill("It is short for Vex. I am Vex.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".line-original")).to_have_count(1)
    expect(page.locator("#record")).to_contain_text("I am Vex.")
    team.picture(page, "builder")
    here = page.url
    page.keyboard.press("Control+Enter")
    until(lambda: dialogues(team, "submitted") == 1, page, seconds=20, what="one is submitted")
    expect(page).not_to_have_url(here)  # the next one opens by itself
    page.wait_for_load_state()
    page.goto(team.path("dialogues/"))
    page.locator("[data-choose-all]").check()
    page.get_by_role("button", name="Submit the chosen ones").click()
    until(lambda: dialogues(team, "submitted") == count, page, seconds=30, what="all submitted")


def dialogues(team: Team, state: str) -> int:
    rows = team.platform.rows(f"SELECT count(*) FROM curation_dialogue WHERE state = '{state}'")
    return int(rows[0][0])


def review(team: Team, page: Page) -> None:
    """Return one with its reason and approve the others, by keys."""
    waiting = dialogues(team, "submitted")
    page.goto(team.path("review/"))
    team.picture(page, "review")
    page.keyboard.press("r")
    page.keyboard.type("Start a line earlier.")
    page.keyboard.press("Control+Enter")
    left = page.locator(".page-actions .num")
    for number in range(waiting - 1, 0, -1):
        expect(left).to_have_text(str(number))
        is_read(page)
        page.keyboard.press("a")
    expect(page.get_by_text("Nothing waits for review")).to_be_visible()
    assert dialogues(team, "approved") == waiting - 1
    assert dialogues(team, "returned") == 1


def build_dataset(team: Team, page: Page) -> None:
    """Build a version with the recipe as offered."""
    page.goto(team.path("datasets/build/"))
    page.get_by_role("button", name="Build").click()
    expect(page.get_by_text("Every check passed.")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Files are written once the version is approved")).to_be_visible()
    team.picture(page, "dataset")


def approve_in_the_admin(team: Team, page: Page) -> None:
    """Find the version in the queue, read it, approve it."""
    page.goto("/admin/curation/datasetversion/?state__exact=waiting")
    page.locator("#result_list tbody th a").click()
    expect(page.get_by_text("Every check passed.")).to_be_visible()
    team.picture(page, "admin")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("is now approved")).to_be_visible()


def export(team: Team, page: Page, folder: Path) -> None:
    """Have the files written, download them, compare what arrived with what is shown."""
    page.goto(team.path("datasets/1/"))
    page.get_by_role("button", name="Write OpenAI chat JSONL").click()
    expect(page.get_by_role("link", name="train.jsonl")).to_be_visible(timeout=60_000)
    team.picture(page, "export")
    for name in ("train.jsonl", "validation.jsonl", "manifest.json"):
        content = downloaded(page, name, folder)
        row = page.get_by_role("row", name=re.compile(re.escape(name)))
        expect(row).to_contain_text(hashlib.sha256(content).hexdigest())
    lines = (folder / "train.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) >= 10
    assert all(json.loads(line)["messages"][-1]["role"] == "assistant" for line in lines)


def train(team: Team, page: Page) -> None:
    """Start a small training and stay until the model is there."""
    page.get_by_role("link", name=re.compile("Train on it")).click()
    page.get_by_text("Settings of the training").click()
    page.locator("[name=setting_n_epochs]").fill("2")
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_role("heading", name="Job 1")).to_be_visible()
    expect(page.locator("#job-live .lead")).to_contain_text(re.compile("run|train|learn|script"))
    team.picture(page, "job-begins")
    expect(page.get_by_text(re.compile("The model .* is ready"))).to_be_visible(timeout=600_000)
    expect(page.locator(".chart-plot canvas").first).to_be_visible()
    team.picture(page, "job")
    page.get_by_role("link", name="Table").click()
    assert page.locator("tbody tr").count() >= 2


def talk(team: Team, page: Page) -> None:
    """Hear an answer, stop the second while it is written, ask for another."""
    page.goto(team.path("chat/"))
    models = page.get_by_label("Model")
    trained = models.locator("option", has_text="vex-1").get_attribute("value")
    models.select_option(trained)
    page.get_by_label("Speak as").select_option("PIP")
    page.get_by_role("button", name="Begin").click()
    expect(page).to_have_url(re.compile(r"/chat/\d+/$"))
    page.wait_for_load_state()  # before its script is there, Enter begins a new line
    say(page, "Good morning. I am here about the flags.")
    until(lambda: is_done(page), page, seconds=120, what="the first reply")
    assert reply(page).locator(".message-text").inner_text().strip()
    ramble(page)
    for _ in range(12):  # a small model may be done before the key is pressed
        say(page, "And then? Tell me everything, and leave nothing out.")
        if stopped_while_streaming(page) and "stopped" in states(team):
            break
    expect(reply(page)).to_contain_text("Stopped by you.")
    part = reply(page).locator(".message-text").text_content() or ""  # inner_text folds spaces
    assert part.strip()
    page.get_by_role("button", name="Another reply").click()
    until(lambda: is_done(page), page, seconds=120, what="another reply")
    assert reply(page).locator(".message-text").inner_text().strip()
    team.picture(page, "chat")
    found = team.platform.rows("SELECT state, content FROM training_message WHERE role='assistant'")
    kept = [content for state, content in found if state == "stopped"]
    assert any(content.startswith(part) for content in kept), (part, found)
    assert {state for state, _ in found} == {"stopped", "complete"}


def run_the_guides_program(team: Team, page: Page, folder: Path) -> None:
    """Make a key, and run the program of the guide beside the files that were exported."""
    page.goto("/accounts/")
    page.get_by_role("link", name="Your API keys").click()
    page.get_by_label("Name").fill("notebook")
    for label in ("Files", "Training", "Training on uploaded files"):
        page.get_by_label(label, exact=True).check()
    page.get_by_role("button", name="Make the key").click()
    secret = page.locator("code.secret").text_content() or ""
    found = re.search(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    (folder / "program.py").write_text(found[1], encoding="utf-8")
    program = subprocess.run(
        [sys.executable, "program.py"],
        cwd=folder,
        env=os.environ
        | {
            "OPENAI_BASE_URL": f"http://127.0.0.1:{team.platform.port}/v1",
            "OPENAI_API_KEY": secret,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert program.returncode == 0, program.stderr
    for words in ("succeeded vex-2", "Training finished", "valid_mean_token_accuracy"):
        assert words in program.stdout, program.stdout
    page.goto("/accounts/api-keys/")
    expect(page.get_by_role("row", name=re.compile("notebook"))).not_to_contain_text("never")
    team.picture(page, "api-keys")


def states(team: Team) -> set[str]:
    """Return the states of the replies once none is being written."""
    query = "SELECT state FROM training_message WHERE role='assistant'"
    for _ in range(40):
        found = {state for (state,) in team.platform.rows(query)}
        if "streaming" not in found:
            return found
        time.sleep(0.25)
    msg = "a reply is still being written ten seconds after it was stopped"
    raise AssertionError(msg)


def say(page: Page, text: str) -> None:
    page.locator("#text").fill(text)
    page.keyboard.press("Enter")


def ramble(page: Page) -> None:
    """Allow long and wild replies, so that there is something to stop."""
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Temperature").fill("1.8")
    page.get_by_label("Longest reply, in tokens").fill("600")
    page.get_by_role("button", name="Save settings").click()
    expect(page.locator("#chat-settings")).to_be_hidden()


def reply(page: Page) -> Locator:
    return page.locator('[data-role="assistant"]').last


def is_done(page: Page) -> bool:
    return page.locator("[data-send]").is_visible() and reply(page).count() == 1


def stopped_while_streaming(page: Page) -> bool:
    """Press Escape at the first words; say whether the reply was still being written."""
    text = reply(page).locator(".message-text")
    until(
        lambda: reply(page).get_attribute("data-state") != "streaming" or text.inner_text().strip(),
        page,
        seconds=60,
        what="the first words",
    )
    page.keyboard.press("Escape")
    until(lambda: is_done(page), page, seconds=120, what="the reply's end")
    return "Stopped by you." in reply(page).inner_text()
