"""Run every bench, each in a process of its own, and print one table: ``python -m tests.bench``.

Names choose some of them: ``python -m tests.bench saves segmenter``. A bench that fails is a row of
the table and hides no other. The table is also written to ``var/bench/``.
"""

import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.report import COLLECT, Row, collected, table
from tests.postgresql import PostgresqlMissingError, start_postgresql

ROOT = Path(__file__).resolve().parent.parent.parent
# The budget that each bench measures first, to name it when it fails. B3 needs a browser.
BENCHES = {
    "imports": "B1",
    "reader": "B2",
    "saves": "B4",
    "annotators": "B4",
    "next_work": "B5",
    "segmenter": "B7",
    "datasets": "B8",
    "chat": "B9",
    "training": "B11",
    "startup": "B12",
    "suggester": "B7",
    "growth": "B13",
    "serving": "B14",
}
ON_BOTH_DATABASES = {"saves", "annotators", "next_work", "datasets", "growth"}
LONGEST_SECONDS = 900


def main() -> int:
    """Run the named benches, or all; return how many failed."""
    names = sys.argv[1:] or list(BENCHES)
    if unknown := set(names) - set(BENCHES):
        print(f"There is no bench {', '.join(sorted(unknown))}. There are {', '.join(BENCHES)}.")
        return 2
    begun, load = datetime.now(UTC), os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="rickproject-bench-") as folder:
        path = Path(folder) / "report"
        path.touch()
        failures = [row for name in names for row in _measure(name, path)]
        rows, tables = collected(path)
    head = (
        f"# Speed, {begun:%Y-%m-%d %H:%M} UTC\n\n"
        f"Python {platform.python_version()}, {os.cpu_count()} cores that server, databases and "
        f"bench share; load {load:.1f} before, {os.getloadavg()[0]:.1f} after the run."
    )
    text = "\n\n".join([head, table([*rows, *failures]), *tables]) + "\n"
    print(text)
    print(f"Written to {_write(text, begun).relative_to(ROOT)}.")
    return len(failures)


def _measure(name: str, path: Path) -> list[Row]:
    """Run one bench, on both databases where it says so; return a row for each failure."""
    failures = _run(name, path, "", {})
    if name in ON_BOTH_DATABASES:
        try:
            url = start_postgresql()
        except PostgresqlMissingError as error:
            return [*failures, Row(BENCHES[name], f"{name} on PostgreSQL", f"not run: {error}")]
        failures += _run(name, path, " on PostgreSQL", {"DATABASE_URL": url})
    return failures


def _run(name: str, path: Path, where: str, environment: dict[str, str]) -> list[Row]:
    begun = time.monotonic()
    print(f"== {name}{where}", flush=True)
    process = subprocess.Popen(
        [sys.executable, "-m", f"tests.bench.{name}"],
        cwd=ROOT,
        env={**os.environ, COLLECT: str(path), **environment},
        start_new_session=True,
    )
    try:
        code = process.wait(timeout=LONGEST_SECONDS)
        fault = f"exit code {code}" if code else ""
    except subprocess.TimeoutExpired:
        fault = f"not done in {LONGEST_SECONDS} s"
    finally:
        _end_group(process)
    print(f"== {name}{where} took {time.monotonic() - begun:.0f} s\n", flush=True)
    what = f"{name}{where}: failed, its output is above"
    return [Row(BENCHES[name], what, fault, met=False)] if fault else []


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End what a failed bench may have left."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()


def _write(text: str, begun: datetime) -> Path:
    folder = ROOT / "var" / "bench"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{begun:%Y%m%d-%H%M%S}.md"
    path.write_text(text, encoding="utf-8")
    return path


if __name__ == "__main__":
    sys.exit(main())
