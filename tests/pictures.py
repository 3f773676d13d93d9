"""``make pictures``: start the demo and take the pictures of the documentation.

A path names the page; ``{slug}`` stands for the demo project, ``{first}``, ``{begun}`` and
``{last}`` for episodes of it, ``{dialogue}`` and ``{dataset}`` for what waits for a decision. The
pictures of a job and a chat train a model first, which takes some minutes.
"""

import json
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.faults.platform import ROOT, Platform, wait_for

SLUG = "the-vex-files"  # the demo project
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FOLDER = ROOT / "docs" / "pictures"
WIDTH, HEIGHT = 1280, 800
MOST_BYTES = 150_000


@dataclass(frozen=True)
class Picture:
    """One picture: whose page it is, where, and what is on it when it is taken."""

    name: str
    who: str
    path: str
    height: int = HEIGHT
    press: str = ""  # what is pressed before, as a selector
    key: str = ""  # the key that is typed before


PICTURES = (
    Picture("reader", "ben", "/p/{slug}/scenes/{begun}/", height=640),
    Picture("people", "mina", "/p/{slug}/members/"),
    Picture("share-out", "mina", "/p/{slug}/assignments/"),
    Picture("cutting", "mina", "/p/{slug}/scenes/cutting/", height=640),
    Picture("guidelines", "mina", "/p/{slug}/guidelines/edit/"),
    Picture(
        "guidelines-beside",
        "ada",
        "/p/{slug}/scenes/{first}/",
        height=560,
        press=".guidelines-slot summary",
    ),
    Picture("agreement", "mina", "/p/{slug}/scenes/{last}/agreement/"),
    Picture("adjudication", "mina", "/p/{slug}/scenes/{last}/adjudication/", key="j"),
    Picture("review", "rex", "/p/{slug}/review/"),
    Picture("keys", "ada", "/keys/"),
    Picture(
        "line-thread",
        "ben",
        "/p/{slug}/scenes/{begun}/",
        height=640,
        press=".line > .said:not(.said-new)",
    ),
    Picture("history", "mina", "/p/{slug}/scenes/{first}/history/", height=720),
    Picture("dialogue", "ada", "/p/{slug}/dialogues/{dialogue}/", height=720),
    Picture("recipe", "mina", "/p/{slug}/datasets/build/", height=640),
    Picture("admin-dataset", "admin", "/admin/curation/datasetversion/{dataset}/change/"),
    Picture("job", "mina", "/p/{slug}/training/{job}/", height=900),
    Picture("chat", "mina", "/p/{slug}/chat/{talk}/", height=640),
)
OF_A_MODEL = {"job", "chat"}
LINES = ("Good morning. I am here about the flags.", "And who moved the moon?")


def browser_path() -> str | None:
    """Return the Chromium that CHROMIUM names, or the one on PATH."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)


def passwords(platform: Platform) -> dict[str, str]:
    """Return the demo's passwords by name, as ``make run`` prints them."""
    lines = (platform.var_dir / "demo-accounts").read_text(encoding="utf-8").splitlines()
    words = [line.split() for line in lines]
    return {parts[0]: parts[1] for parts in words if len(parts) > 1}


def log_in(browser: Browser, address: str, name: str, password: str) -> Page:
    """Open a light window of the pictures' size and log in by the form."""
    page = browser.new_context(
        base_url=address,
        viewport={"width": WIDTH, "height": HEIGHT},
        color_scheme="light",
        reduced_motion="reduce",
    ).new_page()
    page.goto("/accounts/login/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    expect(page).not_to_have_url(f"{address}/accounts/login/")
    return page


def episodes(platform: Platform) -> dict[str, int]:
    """Return the demo's first episode, the one that is being cut, and the one to settle."""
    rows = platform.rows(
        "SELECT e.id FROM curation_episode e JOIN curation_script s ON s.id = e.script_id "
        f"JOIN curation_project p ON p.id = s.project_id WHERE p.slug = '{SLUG}' ORDER BY e.id"
    )
    return {"first": rows[0][0], "begun": rows[-2][0], "last": rows[-1][0]}


def rows_to_show(platform: Platform) -> dict[str, int]:
    """Return the dialogue and the dataset version that pictures show."""
    project = f"SELECT id FROM curation_project WHERE slug = '{SLUG}'"
    of_project = f"project_id = ({project}) ORDER BY id DESC LIMIT 1"
    dialogue = f"SELECT id FROM curation_dialogue WHERE state = 'submitted' AND {of_project}"
    dataset = f"SELECT id FROM curation_datasetversion WHERE state = 'waiting' AND {of_project}"
    return {
        "dialogue": platform.rows(dialogue)[0][0],
        "dataset": platform.rows(dataset)[0][0],
    }


def train_and_talk(platform: Platform) -> dict[str, int]:
    """Train the demo's approved dataset, say something to the model; return what pictures show."""
    approved = "SELECT id FROM curation_datasetversion WHERE state = 'approved' LIMIT 1"
    dataset = str(platform.rows(approved)[0][0])
    trained = platform.manage("finetune", "--dataset", dataset, "--wait", "--json")
    job = json.loads(trained.stdout)
    said = [
        platform.manage("chat", job["model"], line, "--as", "PIP", "--user", "mina", "--json")
        for line in LINES
    ]
    return {"job": job["id"], "talk": json.loads(said[0].stdout)["conversation"]}


def wait_for_workers(page: Page) -> None:
    """Load a page again until the workers are there, else each picture says that they are not."""
    wait_for("the workers", lambda: page.goto("/") and "worker ok" in page.content(), seconds=120)


def take(page: Page, picture: Picture, path: str) -> int:
    """Take a picture of a page; return how many bytes it has."""
    page.set_viewport_size({"width": WIDTH, "height": picture.height})
    answer = page.goto(path)
    if answer is None or not answer.ok:
        msg = f"{picture.name}: {path} does not open for {picture.who}"
        raise SystemExit(msg)
    page.wait_for_load_state("networkidle")
    if picture.press:
        page.locator(picture.press).first.click()
    if picture.key:
        page.keyboard.press(picture.key)
    page.wait_for_timeout(1500)  # until the page's script has drawn
    page.screenshot(path=FOLDER / f"{picture.name}.png", caret="initial")
    return (FOLDER / f"{picture.name}.png").stat().st_size


def main(names: list[str]) -> None:
    """Take all pictures, or the named ones."""
    wanted = [one for one in PICTURES if not names or one.name in names]
    folder = Path(tempfile.mkdtemp(prefix="pictures-"))
    platform = Platform(folder / "var")
    platform.manage("prepare")
    platform.start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=browser_path(), args=["--no-sandbox", "--disable-dev-shm-usage"]
            )
            address, secrets = f"http://127.0.0.1:{platform.port}", passwords(platform)
            places: dict[str, object] = {
                "slug": SLUG,
                **episodes(platform),
                **rows_to_show(platform),
            }
            if OF_A_MODEL & {one.name for one in wanted}:
                places |= train_and_talk(platform)
            for picture in wanted:
                page = log_in(browser, address, picture.who, secrets[picture.who])
                wait_for_workers(page)
                size = take(page, picture, picture.path.format(**places))
                heavy = f", more than {MOST_BYTES // 1000} kB" if size > MOST_BYTES else ""
                sys.stdout.write(f"{picture.name}.png {size // 1000} kB{heavy}\n")
                page.context.close()
            browser.close()
    finally:
        platform.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(sys.argv[1:])
