"""A script's way in, in a real browser: drop, check, columns, import, whom to learn."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from curation.enums import Role
from curation.models import Character, Project, Script
from tests.e2e.conftest import settle
from tests.factories import ProjectFactory, make_member
from tests.sample_scripts import ROWS, csv_bytes

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
SignIn = Callable[..., Page]
DROP = """([name, text]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([text], name));
  for (const type of ["dragover", "drop"])
    document.body.dispatchEvent(
      new DragEvent(type, {dataTransfer: carried, bubbles: true, cancelable: true}));
}"""


@pytest.fixture
def project(var_dir: Path, eager_tasks: None) -> Project:
    return ProjectFactory()


@pytest.fixture
def manager(project: Project) -> User:
    return make_member(project, Role.MANAGER)


def no_barriers(page: Page) -> None:
    """Let axe look at the page as it is now, light and dark."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        settle(page)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


def test_script_is_dropped_checked_imported_and_its_character_chosen(
    sign_in: SignIn, project: Project, manager: User
) -> None:
    page = sign_in(manager)
    page.goto(f"/p/{project.slug}/script/")
    no_barriers(page)
    page.get_by_role("link", name="Upload a script").click()
    no_barriers(page)
    page.evaluate(DROP, ["moon.csv", csv_bytes().decode()])
    expect(page.get_by_text("moon.csv is chosen.")).to_be_visible()
    page.get_by_role("button", name="Upload and check").click()
    expect(page.get_by_text("This is what will be created")).to_be_visible()
    expect(page.get_by_text("2 lines missing in the source")).to_be_visible()
    no_barriers(page)
    page.get_by_role("button", name="Import 5 utterances").click()
    expect(page.get_by_text("No character is to be learnt yet")).to_be_visible()
    page.get_by_role("button", name="Learn VEX").press("Enter")
    expect(page.get_by_role("button", name="Learn VEX")).to_have_attribute("aria-pressed", "true")
    assert Character.objects.get(is_target=True).name == "VEX"
    no_barriers(page)
    page.goto(f"/p/{project.slug}/script/")
    expect(page.get_by_role("link", name="Moon")).to_be_visible()
    no_barriers(page)


def test_columns_are_chosen_by_hand_at_360_pixels(
    sign_in: SignIn, project: Project, manager: User
) -> None:
    page = sign_in(manager, viewport={"width": 360, "height": 740})
    page.goto(f"/p/{project.slug}/script/upload/")
    content = csv_bytes(["VEX,“Hello.”", "PIP,Bye."], header="Who,What")
    page.set_input_files("[name=file]", {"name": "o.csv", "mimeType": "", "buffer": content})
    page.get_by_role("button", name="Upload and check").click()
    page.get_by_role("link", name="Choose the columns").click()
    page.get_by_label("Who speaks").select_option("Who")
    page.get_by_label("The line").select_option("What")
    no_barriers(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.get_by_role("button", name="Check with these columns").click()
    expect(page.get_by_role("button", name="Import 2 utterances")).to_be_visible()
    no_barriers(page)


def test_a_refused_file_tells_its_rows(sign_in: SignIn, project: Project, manager: User) -> None:
    page = sign_in(manager)
    page.goto(f"/p/{project.slug}/script/upload/")
    content = csv_bytes([*ROWS, "9,1,1,The Moon,PIP,"])
    page.set_input_files("[name=file]", {"name": "o.csv", "mimeType": "", "buffer": content})
    page.get_by_role("button", name="Upload and check").click()
    expect(page.get_by_role("row", name=re.compile("7 error The line is empty."))).to_be_visible()
    no_barriers(page)
    page.get_by_role("button", name="Discard this file").click()
    expect(page.get_by_text("is discarded")).to_be_visible()
    assert Script.objects.count() == 0


@pytest.fixture
def plain(sign_in: SignIn, manager: User) -> Page:
    return sign_in(manager, java_script_enabled=False)


def test_all_of_it_works_without_scripts(plain: Page, project: Project) -> None:
    plain.goto(f"/p/{project.slug}/script/upload/")
    plain.set_input_files("[name=file]", {"name": "m.csv", "mimeType": "", "buffer": csv_bytes()})
    plain.get_by_role("button", name="Upload and check").click()
    plain.get_by_role("button", name="Import 5 utterances").click()
    plain.get_by_role("button", name="Learn VEX").click()
    expect(plain.get_by_role("button", name="Learn VEX")).to_have_attribute("aria-pressed", "true")


SCREENPLAY = """INT. KITCHEN

PIP
Who moved the moon? Itâ€™s gone.

VEX
Not me.

EXT. ROOF

MARLOW & ODA
Here it is.

MARLOW
Oh.

ODA
At last.
"""


def test_a_screenplay_is_repaired_imported_cut_by_its_headings_and_corrected(
    sign_in: SignIn, project: Project, manager: User
) -> None:
    page = sign_in(manager, viewport={"width": 360, "height": 740})
    page.goto(f"/p/{project.slug}/script/upload/")
    file = {"name": "moon.fountain", "mimeType": "", "buffer": SCREENPLAY.encode()}
    page.set_input_files("[name=file]", file)
    page.get_by_role("button", name="Upload and check").click()
    expect(page.get_by_role("heading", name="Text that looks garbled")).to_be_visible()
    no_barriers(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.get_by_role("button", name="Repair the text").click()
    expect(page.get_by_text("They are repaired on the way in.")).to_be_visible()
    page.get_by_role("button", name="Import 7 utterances").click()
    expect(page.get_by_text("spoken together by MARLOW, ODA")).to_be_visible()
    script = Script.objects.get()
    characters = page.locator("#characters")
    characters.get_by_label("The name").first.select_option("ODA")
    characters.get_by_label("is another name of").select_option("MARLOW")
    characters.get_by_role("button", name="Merge or split").click()
    no_barriers(page)
    page.get_by_role("button", name="Undo: ODA").click()
    expect(page.get_by_text("ODA is as before that step.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    _accept_the_source(page, project, script)
    page.goto(f"/p/{project.slug}/script/{script.pk}/")
    page.get_by_role("link", name="Upload a corrected file").click()
    corrected = SCREENPLAY.replace("Not me.", "Not me!") + "\nVEX\nDinner!\n"
    file = {"name": "moon2.fountain", "mimeType": "", "buffer": corrected.encode()}
    page.set_input_files("[name=file]", file)
    no_barriers(page)
    page.get_by_role("button", name="Upload and check").click()
    expect(page.get_by_role("heading", name="will be carried over")).to_be_visible()
    no_barriers(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.get_by_role("button", name="Import 8 utterances").click()
    expect(page.get_by_role("heading", name="was carried over")).to_be_visible()
    page.get_by_role("link", name="Revision 1").click()
    no_barriers(page)
    page.get_by_role("link", name="S1E1").click()
    expect(page.get_by_text("Not me.")).to_be_visible()
    no_barriers(page)
    episode = Script.objects.get(replaces=script).episodes.get()
    page.goto(f"/p/{project.slug}/scenes/{episode.pk}/")
    expect(page.locator(".reader .scene-title").nth(1)).to_have_text("EXT. ROOF")


def _accept_the_source(page: Page, project: Project, script: Script) -> None:
    """Accept the suggested boundary: its heading becomes the scene's title at once."""
    page.goto(f"/p/{project.slug}/scenes/{script.episodes.get().pk}/")
    expect(page.locator(".suggestion .suggestion-title").last).to_have_value("EXT. ROOF")
    page.get_by_role("button", name="Accept").click()
    expect(page.locator(".reader .scene-title").nth(1)).to_have_text("EXT. ROOF")
    expect(page.locator("[data-saved]")).to_contain_text(re.compile("saved", re.IGNORECASE))
