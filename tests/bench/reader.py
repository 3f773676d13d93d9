"""B2, B3, B4 and B7: open the reader, press its keys, save in it, suggest scenes.

Run with ``python -m tests.bench.reader``; it makes a database of its own in a temporary folder
(or uses ``DATABASE_URL``) and serves it with the real web process on a free port. The browser's
part needs Chromium, and is left out where there is none. Prints one JSON object.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CLIENTS = 32
PACED_SECONDS = 8
FLAT_OUT_SECONDS = 8
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


def milliseconds(seconds: list[float]) -> dict[str, float]:
    """Return p50 and p95 of some times."""
    ordered = sorted(seconds)
    return {
        "p50_ms": round(ordered[len(ordered) // 2] * 1000, 1),
        "p95_ms": round(ordered[int(len(ordered) * 0.95)] * 1000, 1),
    }


def timed(work: Callable[[], Any]) -> float:
    """Return how many seconds the work takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


class World:
    """A project with an episode of 5,000, one of 2,000, one of 1,000 lines and one a client."""

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
        self.small = [self.episode(200) for _ in range(CLIENTS)]
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


def open_reader(world: World) -> dict[str, Any]:
    """B2: the page of 2,000 lines as the server makes it, and its queries."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    url = world.url(world.rows[2000])
    world.client.get(url)
    took = [timed(lambda: world.client.get(url)) for _ in range(40)]
    with CaptureQueriesContext(connection) as captured:
        page = world.client.get(url)
    return {**milliseconds(took), "queries": len(captured), "bytes": len(page.content)}


def suggest(world: World) -> dict[str, float]:
    """B7: suggestions for 1,000 lines, kept in the database."""
    from curation.domain.scene_suggestions import run_speaker_model

    episode = world.rows[1000]
    run_speaker_model(world.rows[2000], actor=world.user)
    run_speaker_model(world.rows[5000], actor=world.user)
    return milliseconds(
        [timed(lambda: run_speaker_model(episode, actor=world.user)) for _ in "abc"]
    )


class Saver(threading.Thread):
    """One client that toggles a boundary of its own episode over HTTP."""

    def __init__(self, world: World, number: int, *, port: int, pause: float, until: float) -> None:
        super().__init__(daemon=True)
        self.target_url = f"{world.url(world.small[number])}edits/"
        self.port, self.pause, self.until = port, pause, until
        self.token = "b" * 32
        self.headers = {
            "cookie": f"sessionid={world.cookie}; csrftoken={self.token}",
            "x-csrftoken": self.token,
            "content-type": "application/json",
            "accept": "application/json",
        }
        self.took: list[float] = []
        self.errors: list[str] = []

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", self.target_url, headers=self.headers)
        revision = json.loads(connection.getresponse().read())["revision"]
        turn = 0
        while time.monotonic() < self.until:
            turn += 1
            batch = {"revision": revision, ("on" if turn % 2 else "off"): [50]}
            begun = time.perf_counter()
            connection.request("POST", self.target_url, json.dumps(batch), self.headers)
            answer = connection.getresponse()
            body = answer.read()
            self.took.append(time.perf_counter() - begun)
            if answer.status == 200:
                revision = json.loads(body)["revision"]
            else:
                self.errors.append(f"{answer.status} {body[:100]!r}")
            time.sleep(max(0.0, self.pause - (time.perf_counter() - begun)))
        connection.close()


def save(world: World, port: int, *, clients: int, pause: float, seconds: float) -> dict[str, Any]:
    """B4: some clients save for some seconds; every save must count exactly once."""
    from django.db.models import Sum

    from curation.models import Segmentation

    ours = Segmentation.objects.filter(episode__script=world.script)
    before = ours.aggregate(all=Sum("revision"))["all"] or 0
    until = time.monotonic() + seconds
    savers = [Saver(world, n, port=port, pause=pause, until=until) for n in range(clients)]
    for saver in savers:
        saver.start()
    for saver in savers:
        saver.join()
    took = [one for saver in savers for one in saver.took]
    errors = [one for saver in savers for one in saver.errors]
    after = ours.aggregate(all=Sum("revision"))["all"] or 0
    return {
        **milliseconds(took),
        "saves_per_second": round(len(took) / seconds),
        "errors": len(errors),
        "lost_or_doubled": len(took) - len(errors) - (after - before),
    }


def in_browser(world: World, port: int) -> dict[str, Any] | str:
    """B3: 5,000 lines in Chromium: open to usable, key to paint, change to saved."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        return "no Chromium here"
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
            key: milliseconds([one / 1000 for one in page.evaluate(KEY_TO_PAINT, [key, times])])
            for key, times in (("j", 40), ("PageDown", 30), ("b", 20))
        }
        expect(page.locator("[data-saved]")).to_have_text("saved")
        page.wait_for_timeout(500)
        begun = time.perf_counter()
        page.keyboard.press("b")
        expect(page.locator("[data-saved]")).to_have_text("saved")
        saved = time.perf_counter() - begun
        browser.close()
    return {
        "open_to_usable": milliseconds(opened[1:]),
        "key_to_paint": keys,
        "change_to_saved_ms": round(saved * 1000),
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def measure() -> dict[str, Any]:
    """Build the world, serve it, measure everything."""
    world = World()
    answers: dict[str, Any] = {
        "B2_open_2000": open_reader(world),
        "B7_suggest_1000": suggest(world),
    }
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
        answers["B4_alone"] = save(world, port, clients=1, pause=0, seconds=3)
        answers["B4_32_once_a_second"] = save(
            world, port, clients=CLIENTS, pause=1, seconds=PACED_SECONDS
        )
        answers["B4_32_flat_out"] = save(
            world, port, clients=CLIENTS, pause=0, seconds=FLAT_OUT_SECONDS
        )
        answers["B3_browser_5000"] = in_browser(world, port)
    finally:
        server.terminate()
        server.wait(timeout=30)
    return answers


def main() -> None:
    """Measure and print."""
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
        print(json.dumps(measure(), indent=1))


if __name__ == "__main__":
    main()
