"""B8: a dataset of 10,000 dialogues is built, checked and exported.

Run with ``python -m tests.bench.datasets``. Domain functions on a database of its own: SQLite by
default, PostgreSQL with ``DATABASE_URL``. Beside them the least that any program would have to do:
read the rows of every dialogue and dump each as a line of JSON.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Any

from tests.bench.report import Row, at_least, at_most, figure, show

DIALOGUES, FEW = 10_000, 1_000
RUNS = 5
FASTEST, LIMIT, FLAT = 15_000, 3.0, 1.25  # records a second; times the least; memory of ten times


def version(target: Any) -> Any:
    """Ask for a dataset version and build it."""
    from curation.domain.dataset_build import build_dataset
    from curation.domain.datasets import request_dataset
    from curation.domain.training_records import Recipe
    from curation.models import DatasetVersion

    project = target.project
    dataset = request_dataset(
        project, actor=project.created_by, target=target, recipe=Recipe(), in_background=False
    )
    assert build_dataset(dataset)
    return DatasetVersion.objects.get(pk=dataset.pk)


def approve(dataset: Any) -> Any:
    """Approve a version without the second person."""
    from curation.enums import DatasetState

    dataset.state = DatasetState.APPROVED
    dataset.save(update_fields=["state"])
    return dataset


def dump_rows(target: Any, path: Path) -> int:
    """Read the lines of every approved dialogue, write each as JSON; return how many."""
    from curation.models import DialogueUtterance

    rows = DialogueUtterance.objects.filter(
        dialogue__target_character=target, dialogue__state="approved", is_dropped=False
    ).order_by("dialogue", "utterance__position")
    values = rows.values_list("dialogue", "utterance__character__name", "utterance__text")
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for _, lines in groupby(values.iterator(2000), key=lambda row: row[0]):
            messages = [{"role": name, "content": text} for _, name, text in lines]
            file.write(json.dumps({"messages": messages}, ensure_ascii=False) + "\n")
            count += 1
    return count


def seconds(work: Callable[[], Any]) -> float:
    """Return the median time of some runs, after one that loads what it needs."""
    times = []
    for _ in range(RUNS + 1):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return statistics.median(times[1:])


def most_memory(work: Callable[[], Any]) -> float:
    """Return the most memory that was taken at once, in MB, as Python counts it."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def measure(folder: Path) -> list[Row]:
    """Make the dialogues and measure each step."""
    from curation.domain.exports import write_files
    from tests.bench.dataset_rows import fill

    target = fill(DIALOGUES)
    least = seconds(lambda: dump_rows(target, folder / "rows.jsonl"))
    begun = time.perf_counter()
    dataset = approve(version(target))
    built = time.perf_counter() - begun
    export = seconds(lambda: write_files(dataset, folder / "export"))
    few = approve(version(fill(FEW)))
    memory = [
        most_memory(lambda one=one: write_files(one, folder / "memory")) for one in (few, dataset)
    ]
    where = "PostgreSQL" if os.environ.get("DATABASE_URL") else "SQLite"
    what = f"{DIALOGUES:,} dialogues, {where}"
    beside = f"{figure(DIALOGUES / least)} by reading rows and dumping JSON"
    return [
        at_least(
            "B8", f"export, {what}", DIALOGUES / export, limit=FASTEST, unit="/s", beside=beside
        ),
        at_most("B8", "its time by that of the least", export / least, limit=LIMIT, unit="x"),
        Row(
            "B8",
            f"build and check, {what}",
            f"{figure(DIALOGUES / built)} /s",
            beside=f"{built / least:.1f}x the least; tokens counted, checks, records stored",
        ),
        at_most(
            "B8",
            f"memory of an export of {DIALOGUES:,} by that of {FEW:,}",
            memory[1] / memory[0],
            limit=FLAT,
            unit="x",
            beside=f"{memory[1]:.1f} and {memory[0]:.1f} MB",
        ),
    ]


def main() -> int:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="rickproject-bench-") as folder:
        (Path(folder) / "static").mkdir()
        os.environ |= {"RICK_VAR_DIR": folder, "RICK_LOG_LEVEL": "ERROR"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "rickproject.settings"
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        show(*measure(Path(folder)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
