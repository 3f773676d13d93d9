"""The frame in a browser: log in, the list, keys, theme, phone, refusals."""

import re
from collections.abc import Callable

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from curation.enums import Role
from curation.models import Project
from tests.e2e.conftest import Site
from tests.e2e.watching import axe_findings, sideways_pixels
from tests.factories import UserFactory, make_approved_dialogues, make_member

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
SignIn = Callable[..., Page]
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def project() -> Project:
    return make_approved_dialogues(3)


@pytest.fixture
def ada(project: Project) -> User:
    return make_member(project, Role.MANAGER)


def test_log_in_leads_to_the_projects_and_log_out_back(
    project: Project, ada: User, sign_in: SignIn
) -> None:
    ada.set_password("a long enough sentence")
    ada.save()
    page = sign_in(None)
    page.goto(f"/p/{project.slug}/")
    page.get_by_label("Username").fill(ada.username)
    page.get_by_label("Password").fill("a wrong sentence")
    page.get_by_role("button", name="Log in").click()
    expect(page.locator(".errorlist")).to_contain_text("do not belong together")
    assert axe_findings(page) == []
    page.get_by_label("Password").fill("a long enough sentence")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(project.name)
    page.get_by_role("link", name="rickproject").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your projects")
    page.locator("summary", has_text=ada.username).click()
    page.get_by_role("button", name="Log out").click()
    expect(page).to_have_url(re.compile(r"/accounts/login/$"))
    page.goto("/")
    expect(page).to_have_url(re.compile(r"/accounts/login/\?next=/$"))


def test_a_project_is_started_and_somebody_added_by_keyboard_alone(
    ada: User, sign_in: SignIn
) -> None:
    bo = UserFactory(username="bo")
    page = sign_in(ada)
    page.goto("/")
    page.keyboard.press("n")
    page.get_by_label("Name").press_sequentially("The Night Bus")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("The Night Bus")
    page.get_by_role("link", name="Add or remove people").press("Enter")
    page.get_by_label("Username").press_sequentially("bo")
    page.keyboard.press("Enter")
    expect(page.locator(".notice[data-kind=good]")).to_contain_text("bo is now annotator here")
    assert bo.memberships.get().project.slug == "the-night-bus"


def test_question_mark_shows_the_keys_of_the_page_and_never_while_typing(
    project: Project, ada: User, sign_in: SignIn
) -> None:
    page = sign_in(ada)
    page.goto("/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("New project")
    assert axe_findings(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    page.goto("/projects/new/")
    page.get_by_label("Name").press_sequentially("Who? Nobody")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    expect(page.get_by_label("Name")).to_have_value("Who? Nobody")


def test_slash_searches_the_project_and_a_result_leads_to_its_line(
    project: Project, ada: User, sign_in: SignIn
) -> None:
    page = sign_in(ada)
    page.goto(f"/p/{project.slug}/")
    page.keyboard.press("/")
    expect(page.locator("#id_q")).to_be_focused()
    page.keyboard.type("question 1?")
    page.keyboard.press("Enter")
    expect(page.locator(".found mark")).to_have_text("Question 1?")
    assert axe_findings(page) == []
    page.get_by_role("link", name=re.compile("S1E")).first.click()
    expect(page.locator(".line.cursor")).to_contain_text("Question 1?")


def test_theme_stays_as_chosen_and_is_there_before_any_script(
    ada: User, sign_in: SignIn, live_server: Site
) -> None:
    page = sign_in(ada, color_scheme="light")
    page.goto("/")
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.locator("summary", has_text=ada.username).click()
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate(background) != light
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.locator("summary", has_text=ada.username).click()
    page.get_by_role("button", name="System").click()
    page.reload()
    assert page.evaluate(background) == light


def test_theme_and_log_out_work_without_scripts(ada: User, sign_in: SignIn) -> None:
    page = sign_in(ada, java_script_enabled=False, color_scheme="light")
    page.goto("/")
    page.locator("summary", has_text=ada.username).click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.locator("summary", has_text=ada.username).click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()


def test_menus_close_on_escape_and_outside(ada: User, sign_in: SignIn) -> None:
    page = sign_in(ada)
    page.goto("/")
    menu = page.locator("details.menu", has_text=ada.username)
    menu.locator("summary").press("Enter")
    expect(menu).to_have_attribute("open", "")
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(menu.locator("summary")).to_be_focused()
    menu.locator("summary").click()
    page.locator("h1").click()
    expect(menu).not_to_have_attribute("open", "")


def test_phone_has_the_places_at_the_bottom(project: Project, ada: User, sign_in: SignIn) -> None:
    page = sign_in(ada, **PHONE)
    page.goto(f"/p/{project.slug}/")
    places = page.get_by_role("navigation", name="Places of the project")
    box = places.bounding_box()
    assert box
    assert (box["x"], round(box["y"] + box["height"]), box["width"]) == (0, 740, 360)
    assert sideways_pixels(page) == 0
    links = places.get_by_role("link")
    assert links.all_inner_texts() == [
        "Script", "Scenes", "Dialogues", "Review", "Datasets", "Training", "Chat",
    ]  # fmt: skip
    for link in links.all():
        size = link.bounding_box()
        assert size
        assert size["height"] >= 44
        assert size["x"] >= 0
        assert size["x"] + size["width"] <= 360
    links.filter(has_text="Scenes").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("Scenes")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_refusals_are_pages_like_others(
    project: Project, ada: User, sign_in: SignIn, scheme: str
) -> None:
    page = sign_in(UserFactory(), color_scheme=scheme)
    page.goto(f"/p/{project.slug}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing here")
    assert axe_findings(page) == []
    page = sign_in(make_member(project, Role.TESTER), color_scheme=scheme)
    page.goto(f"/p/{project.slug}/review/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Not open to your role")
    assert axe_findings(page) == []


def test_a_form_of_another_age_is_refused_in_words(ada: User, sign_in: SignIn) -> None:
    page = sign_in(ada)
    page.goto("/projects/new/")
    page.context.clear_cookies(name=settings.CSRF_COOKIE_NAME)
    page.get_by_label("Name").fill("Lost")
    page.get_by_role("button", name="Start the project").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This form is out of date")
    assert not Project.objects.filter(name="Lost").exists()
