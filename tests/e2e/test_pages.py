"""Every page in a browser, light, dark and on a phone: axe, width, script errors, policy.

The walk follows the links of each page and opens one address of every route, so a new page is
visited as soon as something links to it.
"""

from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.urls import Resolver404, resolve, reverse
from playwright.sync_api import Page, expect

from curation.demo.seed import seed_demo
from curation.domain import imports
from curation.domain.mail_words import off_token
from curation.domain.threads import open_thread
from curation.enums import DatasetState, ScriptState
from curation.models import Project, Script
from tests.access_table import KEY, ROUTES
from tests.e2e.watching import axe_findings, sideways_pixels
from tests.factories import DatasetVersionFactory, FineTuneJobFactory, ModelVersionFactory
from tests.sample_scripts import ROWS, csv_bytes
from training.domain.chat import start_conversation
from training.enums import JobState
from training.models import FineTuneJob, Sweep

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]
WINDOWS = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 800}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 800}},
    "phone": {"color_scheme": "light", "viewport": {"width": 360, "height": 740}},
}
NOT_PAGES = {
    "healthz", "readyz", "health", "export_file", "dataset_progress",
    "script_progress", "script_mapping", "job_status", "job_points", "record_cost", "reader_live",
    "job_download", "progress_csv", "guidelines_panel", "suggestions_status", "moderation_status",
    "conversation_export",
}  # fmt: skip
# Walked by test_accounts.py, which logs in, forgets passwords and sets up the second step.
ACCOUNT_PAGES = {
    name
    for name in ROUTES
    if name.startswith(("account_", "join", "mfa_", "openid_", "socialaccount_"))
}


@pytest.fixture
def demo(var_dir: object) -> Project:
    """The demo, with a job and a conversation, which the seed leaves to people."""
    seed_demo(tell=lambda line: None)
    project = Project.objects.get()
    dataset = project.datasets.order_by("number").first()
    sweep = Sweep.objects.create(
        project=project, created_by=project.created_by, grid={"n_epochs": [1, 2]}
    )
    for epochs in (1, 2):  # a second one, to be compared with
        told = {"n_epochs": epochs}
        job = FineTuneJobFactory(
            project=project,
            dataset=dataset,
            sweep=sweep,
            hyperparameters=told,
            state=JobState.SUCCEEDED,
        )
        add_points(job)
    model = ModelVersionFactory(project=project)
    mina = User.objects.get(username="mina")
    start_conversation(project, user=mina, model=model)
    dialogue = project.dialogues.order_by("pk").first()
    assert dialogue
    open_thread(project, on=dialogue, author=mina, text="Does this end too early?")
    old = import_rows(project, mina, ROWS)
    import_rows(project, mina, ROWS[:4], replaces=old)
    return project


def add_points(job: FineTuneJob) -> None:
    """Give a job the losses of two steps."""
    points = [("train_loss", 1, 3.0), ("train_loss", 2, 2.5), ("full_valid_loss", 2, 2.75)]
    for name, step, value in points:
        job.metrics.create(name=name, step=step, value=value)


def import_rows(
    project: Project, user: User, rows: Sequence[str], *, replaces: Script | None = None
) -> Script:
    """Import a small file, or a correction of an earlier one."""
    content = [csv_bytes(rows)]
    script = imports.receive_script(
        project, user=user, file_name="s.csv", content=content, replaces=replaces
    )
    imports.check_script(script.pk)
    script.refresh_from_db()
    imports.confirm_import(script, user=user, in_background=False)
    imports.import_script(script.pk)
    script.refresh_from_db()
    return script


def route_of(address: str) -> str | None:
    """Return the name of a page's route; None for what is no page of ours."""
    path = urlsplit(address).path
    if path.startswith("/admin/"):
        return None
    try:
        name = resolve(path).url_name
    except Resolver404:
        return None
    return name if name not in NOT_PAGES else None


KEEP_CHARTS = """
window.charts = [];
let drawing;
Object.defineProperty(window, "uPlot", { get: () => drawing, set(made) {
  drawing = new Proxy(made, { construct(target, values) {
    const chart = new target(...values);
    window.charts.push(chart);
    return chart;
  } });
} });
"""


def what_is_wrong(page: Page) -> list[str]:
    """Return what axe, the width and the frame's own rules find in an open page."""
    wrong = list(axe_findings(page))
    if sideways := sideways_pixels(page):
        wrong.append(f"{sideways} px wider than the window")
    if page.locator("h1").count() != 1 or page.locator(".button-primary:visible").count() > 1:
        wrong.append("not one title, or several primary buttons")
    return wrong


@pytest.mark.parametrize("window", WINDOWS)
def test_every_page_is_sound_for_everybody(
    demo: Project,
    sign_in: Callable[..., Page],
    shot: Callable[[Page, str], object],
    window: str,
) -> None:
    mina = User.objects.get(username="mina")
    corrected = demo.scripts.get(state=ScriptState.REPLACED)
    old = reverse("script", args=[demo.slug, corrected.pk])
    off = reverse("mail_off", args=[off_token(mina.pk)])
    page = sign_in(mina, **WINDOWS[window])
    waiting = [("home", "/"), ("mail_off", off), ("script-replaced", old)]
    found = {"home", "mail_off"}
    findings = []
    while waiting:
        name, address = waiting.pop(0)
        page.goto(address)
        shot(page, f"{name}-{window}")
        findings += [f"{name}: {finding}" for finding in what_is_wrong(page)]
        for link in page.locator("a[href^='/']").all():
            leads_to = link.get_attribute("href") or ""
            if (route := route_of(leads_to)) and route not in found:
                found.add(route)
                waiting.append((route, leads_to))
    assert findings == [], "\n".join(findings)
    pages = (
        {name for name, route in ROUTES.items() if route.method == "GET"}
        - NOT_PAGES
        - ACCOUNT_PAGES
        - {name for name, route in ROUTES.items() if route.who == KEY}
    )
    assert pages - found == set(), "no link leads there"


def test_a_chart_of_few_steps_has_no_half_steps(
    admin_user: User, sign_in: Callable[..., Page]
) -> None:
    job = FineTuneJobFactory(state=JobState.SUCCEEDED)
    add_points(job)
    page = sign_in(admin_user, **WINDOWS["light"])
    page.add_init_script(KEEP_CHARTS)
    page.goto(reverse("job", args=[job.project.slug, job.pk]))
    expect(page.locator("figure[data-name=loss] .u-legend")).to_contain_text("2.500")
    ticks = page.evaluate("charts.flatMap((chart) => chart.axes[0]._splits)")
    assert ticks
    assert all(tick == int(tick) for tick in ticks), "half a step"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_admins_pages_are_sound(
    admin_user: User, sign_in: Callable[..., Page], scheme: str
) -> None:
    FineTuneJobFactory(dataset=DatasetVersionFactory(state=DatasetState.WAITING))
    page = sign_in(admin_user, color_scheme=scheme)
    page.goto("/admin/")
    names = (link.get_attribute("href") or "" for link in page.locator("#content a[href]").all())
    ours = ("/admin/curation/", "/admin/training/")  # Django's form of groups has faults of its own
    waiting, findings = {name for name in names if name.startswith(ours)}, list(axe_findings(page))
    assert "/admin/training/providerconnection/add/" in waiting
    for address in sorted(waiting):
        page.goto(address)
        findings += [f"{address}: {finding}" for finding in axe_findings(page)]
        rows = page.locator("#result_list th a")
        if rows.count():
            page.goto(rows.first.get_attribute("href") or "")
            findings += [f"a row of {address}: {finding}" for finding in axe_findings(page)]
    assert findings == [], "\n".join(findings)
