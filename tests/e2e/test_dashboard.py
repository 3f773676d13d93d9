"""The dashboard's charts and the guidelines beside the work, in a browser."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from curation.demo.seed import seed_demo
from tests.e2e.watching import axe_findings, sideways_pixels

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
PHONE = {"viewport": {"width": 360, "height": 740}}


def sound(page: Page) -> list[str]:
    wide = sideways_pixels(page)
    return axe_findings(page) + ([f"{wide} px wider than the window"] if wide > 0 else [])


def test_dashboard_draws_and_guidelines_open_beside_the_work(
    var_dir: object, sign_in: Callable[..., Page], shot: Callable[[Page, str], object]
) -> None:
    seed_demo(tell=lambda line: None)
    ada = User.objects.get(username="ada")
    for name, options in {"wide": {}, "phone": PHONE}.items():
        page = sign_in(User.objects.get(username="mina"), **options)
        page.goto("/p/the-vex-files/progress/")
        expect(page.locator(".u-legend")).to_have_count(2)
        shot(page, f"progress-{name}")
        assert sound(page) == []
        for path in ("", "compare/", "edit/"):
            page.goto(f"/p/the-vex-files/guidelines/{path}")
            assert sound(page) == []
            shot(page, f"guidelines-{path.strip('/')}-{name}")
        page = sign_in(ada, **options)
        page.goto("/p/the-vex-files/scenes/")
        page.locator("tbody th a").first.click()
        panel = page.locator(".guidelines-panel")
        expect(panel.locator("summary")).to_contain_text("not read yet" if name == "wide" else "")
        panel.locator("summary").click()
        expect(panel.locator("h2").first).to_have_text("Scenes")
        shot(page, f"guidelines-beside-{name}")
        assert sound(page) == []
        if name == "wide":
            panel.get_by_role("button", name="I have read them").click()
            expect(page.locator(".guidelines-panel summary .chip")).to_have_count(0)
