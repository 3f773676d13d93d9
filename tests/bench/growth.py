"""B13: every main page and the saves with 1,000,000 utterances in the instance against 10,000.

Run with ``python -m tests.bench.growth``; words after it choose the pages whose names hold one of
them. Two databases: one project of 10,000 utterances, and ten of 100,000, in each as much work as a
team makes of so many lines (``growth_rows``). A page is asked of both by turns, so that a busy
machine slows both alike. Server time through Django's handler, cookies, session and rights
included. SQLite by default, PostgreSQL with ``DATABASE_URL``.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench.report import Row, at_most, show, show_table

SIZES = ((10_000, 1), (100_000, 10))  # utterances of a project, projects
RUNS = 13
LIMIT = 1.5
PAGES: list[tuple[str, str, str]] = [  # name, who asks, address below the project's
    ("projects", "manager", "/"),
    ("overview, manager", "manager", ""),
    ("overview, annotator", "annotator", ""),
    ("scripts", "manager", "script/"),
    ("script", "manager", "script/{script}/"),
    ("script's text", "manager", "script/{script}/episodes/{settled}/"),
    ("scenes", "manager", "scenes/"),
    ("scenes, last page", "manager", "scenes/?page=last"),
    ("scenes, searched", "manager", "scenes/?q=s1e4"),
    ("reader", "annotator", "scenes/{settled}/"),
    ("history of a layer", "annotator", "scenes/{settled}/history/"),
    ("agreement", "manager", "scenes/agreement/"),
    ("agreement of an episode", "manager", "scenes/{settled}/agreement/"),
    ("dialogues", "manager", "dialogues/"),
    ("dialogues, last page", "manager", "dialogues/?page=last"),
    ("dialogues, drafts", "manager", "dialogues/?state=draft"),
    ("dialogues of an episode", "manager", "dialogues/?episode={settled}"),
    ("builder", "manager", "dialogues/{draft}/"),
    ("builder of a scene", "manager", "scenes/{settled}/dialogues/{scene}/"),
    ("review", "reviewer", "review/"),
    ("review rules", "manager", "review/rules/"),
    ("datasets", "manager", "datasets/"),
    ("dataset", "manager", "datasets/1/"),
    ("build a dataset", "manager", "datasets/build/"),
    ("activity", "manager", "activity/"),
    ("activity, one kind", "manager", "activity/?kind=dialogue"),
    ("activity, one person", "manager", "activity/?person={reviewer}"),
    ("comments", "annotator", "comments/"),
    ("your work", "annotator", "work/"),
    ("assignments", "manager", "assignments/"),
    ("dashboard, manager", "manager", "progress/"),
    ("dashboard, annotator", "annotator", "progress/"),
    ("people", "manager", "members/"),
    ("notifications", "manager", "/notifications/"),
    ("training", "manager", "training/"),
    ("chat", "manager", "chat/"),
    ("search, common word", "manager", "search/?q=moon"),
    ("search, rare word", "manager", "search/?q=zeppelin"),
]


class Instance:
    """One database, the person at work in it, and how they save."""

    def __init__(self, name: str, size: tuple[int, int]) -> None:
        from django.db import connections
        from django.test import Client

        from tests.bench.growth_rows import fill

        self.utterances, self.projects = size
        self.connection = _connection(name)
        self.use()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        begun = time.monotonic()
        self.facts = fill(utterances=self.utterances, projects=self.projects)
        print(
            f"   {self.projects} of {self.utterances:,}: {time.monotonic() - begun:.0f} s",
            flush=True,
        )
        self.clients = {}
        for who in ("manager", "reviewer", "annotator"):
            self.clients[who] = Client()
            self.clients[who].force_login(self.facts[who])
        self.home = f"/p/{self.facts['slug']}/"
        self.saved = {"edits": 0, "note": 0}
        assert connections["default"] is self.connection

    def use(self) -> None:
        """Make this the database that Django asks."""
        from django.db import connections

        connections["default"] = self.connection

    def address(self, path: str) -> str:
        path = path.format(**self.facts)
        return path if path.startswith("/") else self.home + path

    def page(self, who: str, path: str) -> Callable[[], None]:
        """Return what asks for a page."""

        def ask() -> None:
            answer = self.clients[who].get(self.address(path))
            assert answer.status_code == 200, (path, answer.status_code)

        return ask

    def post(self, who: str, path: str, data: dict[str, Any], *, is_json: bool = True) -> Any:
        """Send a change as the pages' scripts do; return the answer."""
        how: Any = {"content_type": "application/json"} if is_json else {}
        answer = self.clients[who].post(
            self.address(path), data, headers={"accept": "application/json"}, **how
        )
        assert answer.status_code in (200, 302), (path, answer.status_code, answer.content[:300])
        return answer

    def boundary(self) -> None:
        """Draw or erase a boundary of one's own layer."""
        revision = self.saved["edits"]
        body = {"revision": revision, "off" if revision % 2 else "on": [7]}
        path = f"scenes/{self.facts['untouched'][0]}/edits/"
        self.saved["edits"] = self.post("annotator", path, body).json()["revision"]

    def note(self) -> None:
        """Write a scene's note."""
        body = {
            "revision": self.saved["note"],
            "title": f"Scene {self.saved['note']}",
            "text": "The moon.",
        }
        answer = self.post("manager", f"scenes/{self.facts['settled']}/notes/20/", body)
        self.saved["note"] = answer.json()["revision"]

    def line(self) -> None:
        """Leave a line of a dialogue out, or take it back in."""
        from curation.models import DialogueUtterance

        draft = self.facts["draft"]
        row = DialogueUtterance.objects.filter(dialogue=draft).order_by("pk").first()
        dialogue = row.dialogue
        change = {"action": "keep" if row.is_dropped else "drop", "utterances": [row.utterance_id]}
        body = {"revision": dialogue.revision, "changes": [change]}
        self.post("manager", f"dialogues/{draft}/edits/", body)

    def decision(self) -> None:
        """Approve the dialogue that waits longest."""
        body = {"decision": "approved", "revision": 1}
        path = f"review/{self.facts['waiting'].pop(0)}/"
        self.post("reviewer", path, body, is_json=False)

    def after_decision(self) -> None:
        """Ask for the dialogue after the one being decided on, as the page does ahead of time."""
        path = f"review/?ahead={self.facts['waiting'][0]}"
        answer = self.clients["reviewer"].get(
            self.address(path), headers={"HX-Request": "true", "HX-Target": "queue"}
        )
        assert answer.status_code == 200, answer.status_code

    def next_place(self) -> None:
        """Ask what is next; the first time it is taken, then one's own."""
        self.post("annotator", "work/next/", {}, is_json=False)


SAVES = [
    ("save a boundary", "boundary"),
    ("save a note", "note"),
    ("leave a line out", "line"),
    ("decide on a dialogue", "decision"),
    ("the dialogue after it", "after_decision"),
    ("next assignment", "next_place"),
]


def _connection(name: str) -> Any:
    """Return a connection of Django's to a new database."""
    from django.db import connection, connections

    made: Any = connections.create_connection("default")
    folder = Path(os.environ["RICK_VAR_DIR"])
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
        made.settings_dict = {**made.settings_dict, "NAME": name}
    else:
        made.settings_dict = {**made.settings_dict, "NAME": str(folder / f"{name}.sqlite3")}
    return made


def compare(small: Instance, large: Instance, do: Callable[[Instance], Callable[[], None]]) -> Any:
    """Do the same in both by turns; return the median milliseconds in each, and the queries."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    took: dict[Instance, list[float]] = {small: [], large: []}
    queries = 0
    for run in range(RUNS + 1):
        for one in (small, large):
            one.use()
            work = do(one)
            if not run:  # loads what the page needs
                with CaptureQueriesContext(connection) as captured:
                    work()
                queries = len(captured)
                continue
            begun = time.perf_counter()
            work()
            took[one].append(1000 * (time.perf_counter() - begun))
            if sum(took[one]) > 5_000:
                break
    return statistics.median(took[small]), statistics.median(took[large]), queries


def main() -> int:
    """Measure, show a line for what grew too much and a table of all."""
    with tempfile.TemporaryDirectory(prefix="rickproject-bench-") as folder:
        os.environ["RICK_VAR_DIR"] = folder
        os.environ["RICK_LOG_LEVEL"] = "ERROR"
        os.environ["DJANGO_SETTINGS_MODULE"] = "rickproject.settings"
        import django
        from django.conf import settings

        django.setup()
        settings.ALLOWED_HOSTS = ["testserver"]
        # Where the platform runs, its broker is the cache.
        local = "django.core.cache.backends.locmem.LocMemCache"
        settings.CACHES = {"default": {"BACKEND": local}}
        from django.db import connection

        where = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}[connection.vendor]
        small, large = (Instance(name, size) for name, size in zip("ab", SIZES, strict=True))
        wanted = sys.argv[1:]
        lines, ratios = [], {}

        def measure(name: str, do: Callable[[Instance], Callable[[], None]]) -> None:
            if wanted and not any(word in name for word in wanted):
                return
            before, after, queries = compare(small, large, do)
            ratios[name] = after / before
            lines.append(
                [name, f"{before:.1f}", f"{after:.1f}", f"{after / before:.2f}", str(queries)]
            )
            print("  ", *lines[-1], flush=True)

        for name, who, path in PAGES:
            measure(name, lambda one, who=who, path=path: one.page(who, path))
        for name, method in SAVES:
            measure(name, lambda one, method=method: getattr(one, method))
        connection.close()
    what = f"{where}: pages and saves, 1,000,000 utterances against 10,000"
    worst = max(ratios, key=ratios.__getitem__)
    beside = f"median {statistics.median(ratios.values()):.2f}x of {len(ratios)}"
    show(
        at_most(
            "B13",
            f"{what}, the worst: {worst}",
            ratios[worst],
            limit=LIMIT,
            unit="x",
            beside=beside,
        )
    )
    over = [name for name, ratio in ratios.items() if ratio > LIMIT]
    if over:
        show(Row("B13", f"{where}: above {LIMIT}x", ", ".join(over)))
    head = ("", "ms at 10,000", "ms at 1,000,000", "ratio", "queries")
    show_table(f"Growth on {where}, medians of {RUNS}", head, lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
