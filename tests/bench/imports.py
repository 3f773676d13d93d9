"""B1: import 100,000 rows, dry run and write, while somebody else saves.

Run with ``python -m tests.bench.imports [rows]``; it makes a database of its own in a temporary
folder, or uses ``DATABASE_URL`` with a name of its own if that is set. Compared with Django's
``bulk_create`` of the same rows, as objects that are already there, into the same database.
"""

import csv
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench.report import at_least, at_most, show

ROWS = 100_000
SPEAKERS = 48
EPISODE_ROWS = 2_000
SAVER_PAUSE_SECONDS = 0.02


def write_sample(path: Path, rows: int) -> None:
    """Write rows of ours in the rickandmorty schema, with holes as in the real one."""
    words = "the moon is in the fridge again and nobody can say who put it there".split()  # noqa: SIM905
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        table = csv.writer(handle)
        table.writerow(["index", "season no.", "episode no.", "episode name", "name", "line"])
        index = 0
        for row in range(rows):
            index += 1 + (row % 6 == 0)
            season, episode = divmod(row // EPISODE_ROWS, 10)
            line = " ".join(words[(row + at) % len(words)] for at in range(3 + row % 21))
            name = f"Speaker {row * row % SPEAKERS}"
            table.writerow(
                [
                    index,
                    season + 1,
                    episode + 1,
                    f"Part {row // EPISODE_ROWS}",
                    name,
                    f"{line} {row}.",
                ]
            )


def timed(work: Callable[[], Any]) -> float:
    """Return how many seconds the work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


class Saver(threading.Thread):
    """Somebody who saves a note every 20 ms, and remembers the longest wait."""

    def __init__(self, project_id: int) -> None:
        super().__init__(daemon=True)
        self.project_id = project_id
        self.ended = threading.Event()
        self.waits: list[float] = []

    def run(self) -> None:
        from django.db import connection, transaction

        from curation.models import Project

        number = 0
        while not self.ended.wait(SAVER_PAUSE_SECONDS):
            number += 1
            start = time.perf_counter()
            with transaction.atomic():
                Project.objects.filter(pk=self.project_id).update(description=f"note {number}")
            self.waits.append(time.perf_counter() - start)
        connection.close()

    def finish(self) -> dict[str, float]:
        self.ended.set()
        self.join()
        ordered = sorted(self.waits)
        return {
            "saves": len(ordered),
            "p95_ms": round(ordered[int(len(ordered) * 0.95)] * 1000, 1),
            "longest_ms": round(ordered[-1] * 1000, 1),
        }


def measure(folder: Path, rows: int) -> dict[str, Any]:
    """Import the sample through the domain functions, then the same rows by ``bulk_create``."""
    from django.contrib.auth.models import User

    from curation.domain import imports
    from curation.domain.projects import create_project
    from curation.enums import ScriptState
    from curation.models import Episode, Script, Utterance

    path = folder / "sample.csv"
    write_sample(path, rows)
    user, _ = User.objects.get_or_create(username=f"bench-{os.getpid()}", is_superuser=True)
    project = create_project(f"bench-{os.getpid()}", user=user)
    script = imports.receive_script(
        project, user=user, file_name="sample.csv", content=[path.read_bytes()], in_background=False
    )
    saver = Saver(project.pk)
    saver.start()
    check_seconds = timed(lambda: imports.check_script(script.pk))
    imports.confirm_import(Script.objects.get(pk=script.pk), user=user, in_background=False)
    write_seconds = timed(lambda: imports.import_script(script.pk))
    waits = saver.finish()
    script.refresh_from_db()
    assert script.state == ScriptState.IMPORTED, script.error_detail
    assert Utterance.objects.filter(episode__script=script).count() == rows

    copy = Script.objects.create(
        project=project, title="copy", stored_path="", byte_size=1, sha256="0" * 64, created_by=user
    )
    objects = []
    for episode in Episode.objects.filter(script=script):
        twin = Episode.objects.create(
            script=copy, season_number=episode.season_number, episode_number=episode.episode_number
        )
        for utterance in Utterance.objects.filter(episode=episode):
            utterance.pk, utterance.episode = None, twin
            objects.append(utterance)
    bulk_seconds = timed(lambda: Utterance.objects.bulk_create(objects))
    total = check_seconds + write_seconds
    return {
        "rows": rows,
        "check_seconds": round(check_seconds, 2),
        "write_seconds": round(write_seconds, 2),
        "rows_per_second": round(rows / total),
        "bulk_create_seconds": round(bulk_seconds, 2),
        "ratio_to_bulk_create": round(total / bulk_seconds, 2),
        "other_saver": waits,
    }


def main() -> None:
    """Measure and print."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory(prefix="rickproject-bench-") as folder:
        os.environ["RICK_VAR_DIR"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rickproject.settings")
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        report(measure(Path(folder), rows))


def report(found: dict[str, Any]) -> None:
    """Show the figures beside their budgets."""
    what, saver = f"import of {found['rows']:,} rows, dry run and write", found["other_saver"]
    show(
        at_least(
            "B1",
            what,
            found["rows_per_second"],
            limit=26_000,
            unit="rows/s",
            beside=f"dry run {found['check_seconds']} s, write {found['write_seconds']} s",
        ),
        at_most(
            "B1",
            f"{what}, over bulk_create",
            found["ratio_to_bulk_create"],
            limit=2,
            unit="times",
            beside=f"bulk_create of the same rows {found['bulk_create_seconds']} s",
        ),
        at_most(
            "B1",
            "longest wait of a person who saves meanwhile",
            saver["longest_ms"],
            limit=1000,
            beside=f"{saver['saves']} saves, p95 {saver['p95_ms']} ms",
        ),
    )


if __name__ == "__main__":
    main()
