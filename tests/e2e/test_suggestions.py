"""A language model is asked, its suggestions and drafts are decided on, its worth is shown."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.contract.fault_server import FaultServer
from tests.e2e.watching import axe_findings, sideways_pixels
from tests.training.suggestions_world import agreed_episode, run, says, scenes, use_suggestions
from training.models import SuggestionRequest

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
PHONE = {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"}


def test_ask_accept_and_compare(
    sign_in: Callable[..., Page],
    shot: Callable[[Page, str], object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    episode = agreed_episode(6, lines=18)
    project = episode.script.project
    with FaultServer() as server:
        use_suggestions(server, monkeypatch)
        says(server, scenes(1, 7, 13), {"title": "Yard", "note": "Vex meets Pip in the yard."})
        page = sign_in(project.created_by)
        page.goto(f"/p/{project.slug}/scenes/{episode.pk}/")
        page.get_by_role("link", name="Ask a language model").click()
        page.get_by_role("button", name="Ask for scenes").click()
        expect(page.locator("#suggestions-live progress")).to_have_count(1, timeout=20_000)
        run(SuggestionRequest.objects.get())
        expect(page.locator("#suggestions-live progress")).to_have_count(0, timeout=20_000)
        page.get_by_role("button", name="Draft 2 notes").click()
        run(SuggestionRequest.objects.first() or SuggestionRequest())
        expect(page.locator(".note-draft")).to_have_count(2, timeout=20_000)
        assert axe_findings(page) == []
        shot(page, "suggestions-wide")
        page.locator(".note-draft").first.get_by_role("button", name="Accept").click()
        expect(page.locator(".note-draft")).to_have_count(1, timeout=20_000)
        phone = sign_in(project.created_by, **PHONE)
        for path in (f"{episode.pk}/suggestions/", "suggesters/", f"{episode.pk}/"):
            phone.goto(f"/p/{project.slug}/scenes/{path}")
            assert axe_findings(phone) == []
            assert sideways_pixels(phone) <= 0
            shot(phone, f"suggestions-phone-{path.strip('/').split('/')[-1]}")
        page.goto(f"/p/{project.slug}/scenes/{episode.pk}/")
        offer = page.locator(".suggestion")
        expect(offer).to_contain_text("house-model")
        offer.get_by_label("Title of the scene suggested").fill("My own words")
        offer.get_by_role("button", name="Accept").click()
        expect(page.locator("[data-saved]")).to_contain_text("saved", timeout=20_000)
        expect(page.locator(".scene-title").last).to_have_text("My own words")
        page.goto(f"/p/{project.slug}/scenes/suggesters/")
        expect(page.locator("section[aria-labelledby=fates]")).to_contain_text("house-model")
        shot(page, "suggesters-wide")
        assert server.violations == []
