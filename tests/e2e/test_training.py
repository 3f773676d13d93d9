"""Training in a real browser: the estimate, the start, the growing charts, nothing for axe."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from curation.models import DatasetVersion
from tests.contract.fault_server import FaultServer
from tests.e2e.conftest import settle
from tests.training.jobs_world import approved_dataset, due, remote_job, use_provider
from training.domain.job_turns import advance_job
from training.models import FineTuneJob

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
SignIn = Callable[..., Any]


@pytest.fixture
def dataset(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch, var_dir: Path
) -> DatasetVersion:
    use_provider(fault_server, monkeypatch)
    return approved_dataset()


@pytest.fixture
def fault_server() -> Any:
    with FaultServer() as running:
        running.state.walk = ("running", "running", "succeeded")
        yield running


def take_turns(job: FineTuneJob, count: int) -> None:
    for _ in range(count):
        advance_job(due(job))


def test_a_manager_starts_a_job_and_watches_it_to_its_end(
    dataset: DatasetVersion, sign_in: SignIn
) -> None:
    page = sign_in(dataset.created_by)
    page.goto(f"/p/{dataset.project.slug}/training/")
    page.get_by_role("link", name="Train a model").first.click()
    page.get_by_role("link", name="A server of the OpenAI protocol").click()
    page.wait_for_url("**provider=openai*")
    page.get_by_label("Another base model").fill("gpt-4o-mini-2024-07-18")
    page.get_by_text("Settings of the training").click()
    page.get_by_label("Epochs").fill("4")
    page.get_by_label("Budget").fill("0")
    page.get_by_label("Budget").press("Tab")
    expect(page.locator("#estimate")).to_contain_text("4 epochs")
    expect(page.locator("#estimate")).to_contain_text("Price as of")
    page.get_by_role("button", name="Start training").click()
    expect(page.locator("form.job-form")).to_contain_text("more than the budget of $0.00")
    page.get_by_label("Budget").fill("5")
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url("**/training/*/")
    expect(page.locator(".lead")).to_contain_text("Waiting for a worker")
    job = FineTuneJob.objects.get()
    take_turns(job, 2)
    expect(page.locator(".lead")).to_contain_text("Training, step 3 of 6")
    expect(page.locator("figure[data-name=loss] canvas")).to_be_visible()
    take_turns(job, 1)
    expect(page.locator(".lead")).to_contain_text("Finished after 6 steps")
    expect(page.get_by_role("link", name="Talk to it")).to_be_visible()
    page.get_by_role("link", name=f"-{job.pk}").click()
    page.get_by_label("Why").fill("It finishes its sentences.")
    page.get_by_role("button", name="Make it live").click()
    expect(page.get_by_text("Made live by")).to_contain_text("It finishes its sentences.")
    page.get_by_role("link", name="Talk to it").click()
    expect(page.get_by_label("Model").locator("option").first).to_contain_text("(live)")
    page.goto(f"/p/{dataset.project.slug}/training/{job.pk}/")
    page.get_by_role("link", name="Table").click()
    expect(page.locator("tr[data-best]")).to_contain_text("best")
    take_turns(remote_job(dataset), 2)
    page.goto(f"/p/{dataset.project.slug}/training/")
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="Compare the chosen ones").click()
    expect(page.locator("figure[data-compared] canvas")).to_be_visible()
    page.get_by_label("Smooth the training loss").fill("60")
    expect(page.locator("output")).to_have_text("60 %")
    expect(page.locator("tr[data-differs]").first).to_contain_text("Epochs")


def test_a_manager_tries_several_settings_at_once(dataset: DatasetVersion, sign_in: SignIn) -> None:
    page = sign_in(dataset.created_by)
    page.goto(f"/p/{dataset.project.slug}/training/start/?provider=openai")
    page.get_by_label("Another base model").fill("gpt-4o-mini-2024-07-18")
    page.get_by_text("Settings of the training").click()
    page.get_by_label("Epochs").fill("2, 3")
    page.get_by_label("Seed").fill("1 2 3 4 5 6 7")
    page.get_by_label("Seed").press("Tab")
    expect(page.locator("#estimate")).to_contain_text("make 14 jobs")
    page.get_by_label("Seed").fill("1, 2")
    page.get_by_label("Seed").press("Tab")
    expect(page.locator("#estimate")).to_contain_text("4 jobs")
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url("**/sweeps/*/")
    expect(page.locator("tbody tr")).to_have_count(4)
    take_turns(FineTuneJob.objects.order_by("pk").first(), 3)  # type: ignore[arg-type]
    expect(page.locator("tbody tr").first).to_contain_text("finished")
    page.get_by_role("button", name="Stop all of them").click()
    expect(page.get_by_text("3 jobs asked to stop.")).to_be_visible()
    page.get_by_role("link", name="Compare them").click()
    expect(page.locator("tr[data-differs]").first).to_contain_text("Epochs")


def test_a_manager_stops_a_job(dataset: DatasetVersion, sign_in: SignIn) -> None:
    job = remote_job(dataset)
    take_turns(job, 1)
    page = sign_in(dataset.created_by)
    page.goto(f"/p/{dataset.project.slug}/training/{job.pk}/")
    page.get_by_role("button", name="Stop training").click()
    expect(page.locator(".lead")).to_contain_text("Stopping")
    take_turns(job, 1)
    expect(page.locator(".lead")).to_contain_text("Stopped")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages_of_training(
    dataset: DatasetVersion, sign_in: SignIn, scheme: str
) -> None:
    job = remote_job(dataset)
    take_turns(job, 3)
    page = sign_in(dataset.created_by, color_scheme=scheme, bypass_csp=True)
    start = f"/p/{dataset.project.slug}/training/"
    addresses = (
        start,
        f"{start}start/",
        f"{start}start/?provider=openai",
        f"{start}{job.pk}/",
        f"{start}{job.pk}/?view=table",
    )
    for address in addresses:
        page.goto(address)
        settle(page)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        page.set_viewport_size({"width": 360, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, address
        page.set_viewport_size({"width": 1280, "height": 800})
