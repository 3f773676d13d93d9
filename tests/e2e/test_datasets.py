"""Building a dataset in a real browser: the record beside its recipe."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from curation.enums import Role
from curation.models import Boundary
from tests.e2e.conftest import settle
from tests.factories import make_approved_dialogues, make_member

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
SignIn = Callable[..., Any]


def test_the_record_follows_the_recipe_while_it_is_chosen(sign_in: SignIn, var_dir: Path) -> None:
    project = make_approved_dialogues(12)
    Boundary.objects.update(note="In the cellar.")
    page = sign_in(make_member(project, Role.MANAGER), bypass_csp=True)
    page.goto(f"/p/{project.slug}/datasets/build/")
    preview = page.locator("#recipe-preview")
    expect(preview).to_contain_text("dialogue 1 of 12 approved dialogues: 1 record")
    expect(preview).to_contain_text("You are VEX.")
    expect(preview).to_contain_text("Scene: In the cellar.")
    page.get_by_label("System message", exact=False).first.fill("Be {character}. {scene}")
    expect(preview).to_contain_text("Be VEX. In the cellar.")
    page.get_by_label("Longest record").fill("16")
    expect(preview).to_contain_text("over the limit: refused")
    preview.get_by_role("button", name="Another").click()
    expect(preview).to_contain_text("dialogue 2 of 12")
    settle(page)
    assert Axe().run(page).response["violations"] == []
    page.get_by_label("Longest record").fill("1024")
    page.get_by_label("One record for").select_option("reply")
    page.get_by_role("button", name="Build").click()
    page.wait_for_url("**/datasets/1/")
