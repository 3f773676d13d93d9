"""B2, B3 and B7: open the reader, press its keys, suggest scenes and keep them.

Run with ``python -m tests.bench.reader``; it makes a database of its own in a temporary folder
(or uses ``DATABASE_URL``) and serves it with the real web process on a free port. The browser's
part needs Chromium, and is left out where there is none.
"""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.report import Row, at_most, show
from tests.bench.site import percentile
from tests.faults.platform import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WORDS = "the moon is in the fridge again and nobody can say who put it there".split()  # noqa: SIM905

KEY_TO_PAINT = """async ([key, times]) => {
  const took = [];
  for (let n = 0; n < times; n += 1) {
    const begun = performance.now();
    document.activeElement.dispatchEvent(
      new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    await new Promise((painted) => requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = painted;
      channel.port2.postMessage(0);
    }));
    took.push(performance.now() - begun);
    await new Promise((pause) => setTimeout(pause, 40));
  }
  return took;
}"""


def timed(work: Callable[[], Any]) -> float:
    """Return how many seconds the work takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


class World:
    """A project with an episode of 5,000, one of 2,000 and one of 1,000 lines."""

    def __init__(self) -> None:
        from django.contrib.auth.models import User
        from django.test import Client

        from curation.enums import Role
        from curation.models import Character, Membership, Project, Script

        mark = os.getpid()
        self.user = User.objects.create(username=f"bench-{mark}")
        self.project = Project.objects.create(
            name="Bench", slug=f"bench-{mark}", created_by=self.user
        )
        Membership.objects.create(project=self.project, user=self.user, role=Role.ANNOTATOR)
        self.script = Script.objects.create(
            project=self.project,
            title="Bench",
            stored_path="",
            byte_size=1,
            sha256=f"{mark:064}",
            state="imported",
            created_by=self.user,
        )
        self.cast = [
            Character.objects.create(
                project=self.project, name=f"Speaker {n}", normalised_name=f"speaker {n}", colour=n
            )
            for n in range(12)
        ]
        self.rows = {rows: self.episode(rows) for rows in (1000, 2000, 5000)}
        self.client = Client()
        self.client.force_login(self.user)
        self.cookie = self.client.cookies["sessionid"].value

    def episode(self, rows: int) -> Any:
        from curation.models import Episode, Utterance

        rnd = random.Random(rows)
        episode = Episode.objects.create(
            script=self.script,
            season_number=1,
            episode_number=Episode.objects.filter(script=self.script).count() + 1,
            title=f"{rows} lines",
            utterance_count=rows,
        )
        here = rnd.sample(self.cast, 3)
        lines = []
        for position in range(rows):
            if rnd.random() < 1 / 20:
                here = rnd.sample(self.cast, 3)
            lines.append(
                Utterance(
                    episode=episode,
                    position=position,
                    row_number=position + 2,
                    character=rnd.choice(here),
                    text=" ".join(rnd.choices(WORDS, k=rnd.randint(3, 30))),
                )
            )
        Utterance.objects.bulk_create(lines)
        return episode

    def url(self, episode: Any) -> str:
        return f"/p/{self.project.slug}/scenes/{episode.pk}/"


def open_reader(world: World) -> Row:
    """B2: the page of 2,000 lines as the server makes it, and its queries."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    url = world.url(world.rows[2000])
    world.client.get(url)
    took = [timed(lambda: world.client.get(url)) for _ in range(40)]
    with CaptureQueriesContext(connection) as captured:
        page = world.client.get(url)
    return at_most(
        "B2",
        "reader of 2,000 utterances, the page in the server, p95 of 40",
        percentile(took, 0.95) * 1000,
        limit=50,
        beside=f"p50 {median(took) * 1000:.1f} ms, {len(captured)} queries, "
        f"{len(page.content) / 1000:,.0f} kB",
    )


def suggest(world: World) -> Row:
    """B7: suggestions for 1,000 lines, kept in the database."""
    from curation.domain.scene_suggestions import run_speaker_model

    run_speaker_model(world.rows[2000], actor=world.user)  # warm up
    took = [timed(lambda: run_speaker_model(world.rows[1000], actor=world.user)) for _ in range(3)]
    what = "suggested scenes for 1,000 utterances, read and kept in the database, median of 3"
    return at_most("B7", what, median(took), limit=0.3, unit="s")


def in_browser(world: World, port: int) -> list[Row]:
    """B3: 5,000 lines in Chromium: open to usable, key to paint, change to saved."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        return [Row("B3", "the reader in a browser", "not run: there is no Chromium here")]
    from playwright.sync_api import expect, sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        context = browser.new_context(base_url=f"http://127.0.0.1:{port}")
        context.add_cookies(
            [{"name": "sessionid", "value": world.cookie, "url": f"http://127.0.0.1:{port}"}]
        )
        page = context.new_page()
        opened = []
        for _ in range(4):
            begun = time.perf_counter()
            page.goto(world.url(world.rows[5000]))
            page.wait_for_selector(".line.cursor")
            opened.append(time.perf_counter() - begun)
        keys = {
            key: [one / 1000 for one in page.evaluate(KEY_TO_PAINT, [key, times])]
            for key, times in (("j", 40), ("PageDown", 30), ("b", 20))
        }
        expect(page.locator("[data-saved]")).to_have_text("saved")
        page.wait_for_timeout(500)
        begun = time.perf_counter()
        page.keyboard.press("b")
        expect(page.locator("[data-saved]")).to_have_text("saved")
        saved = time.perf_counter() - begun
        browser.close()
    where = "5,000 utterances in Chromium"
    return [
        at_most("B3", f"{where}: open to usable, median", median(opened[1:]), limit=1, unit="s"),
        *(
            at_most(
                "B3",
                f"{where}: key {key} to paint, p95",
                percentile(took, 0.95) * 1000,
                limit=50,
                beside=f"p50 {percentile(took, 0.5) * 1000:.1f} ms",
            )
            for key, took in keys.items()
        ),
        at_most("B3", f"{where}: change to saved", saved, limit=0.3, unit="s"),
    ]


def serve_and_look(world: World) -> list[Row]:
    """Serve the world with the real web process for the browser's part."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "rickproject.asgi:application"]
    command += ["--port", str(port), "--log-level", "warning", "--no-access-log"]
    server = subprocess.Popen(command, cwd=ROOT)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        return in_browser(world, port)
    finally:
        server.terminate()
        server.wait(timeout=30)


def main() -> None:
    """Measure and show."""
    with tempfile.TemporaryDirectory(prefix="rickproject-bench-") as folder:
        os.environ["RICK_VAR_DIR"] = folder
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # the browser's driver runs a loop
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rickproject.settings")
        import django
        from django.conf import settings
        from django.core.management import call_command

        django.setup()
        settings.ALLOWED_HOSTS.append("testserver")
        call_command("migrate", verbosity=0)
        world = World()
        show(open_reader(world))
        show(suggest(world))
        show(*serve_and_look(world))


if __name__ == "__main__":
    main()
