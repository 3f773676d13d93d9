"""What a bench reports: rows of one table, printed at once and collected by ``tests.bench``.

Not a bench itself.
"""

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

COLLECT = "BENCH_REPORT"  # the file that `python -m tests.bench` collects rows in
HEAD = ("", "what", "measured", "budget", "met", "beside it, in the same run")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Attributes:
        bench: the budget's number, such as ``B4``.
        what: what was measured, on what.
        measured: the figure with its unit, median and p95 where there are many.
        budget: what it is to be; empty when it is only there to be seen.
        met: whether it is; None without a budget.
        beside: what the same run measured for comparison, with the ratio.
    """

    bench: str
    what: str
    measured: str
    budget: str = ""
    met: bool | None = None
    beside: str = ""


def at_most(
    bench: str, what: str, value: float, *, limit: float, unit: str = "ms", beside: str = ""
) -> Row:
    """Return the row of a figure that must not exceed its limit."""
    measured, budget = f"{figure(value)} {unit}".strip(), f"at most {limit:g} {unit}".strip()
    return Row(bench, what, measured, budget, met=value <= limit, beside=beside)


def at_least(
    bench: str, what: str, value: float, *, limit: float, unit: str, beside: str = ""
) -> Row:
    """Return the row of a figure that must reach its limit."""
    measured, budget = f"{figure(value)} {unit}", f"at least {limit:,g} {unit}"
    return Row(bench, what, measured, budget, met=value >= limit, beside=beside)


def figure(value: float) -> str:
    """Write a number with as many digits as mean something."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def show(*rows: Row) -> None:
    """Print rows, and keep them for the table of the whole run."""
    for row in rows:
        verdict = {True: "met", False: "MISSED", None: ""}[row.met]
        parts = (f"{row.measured:>16}", row.budget, verdict, row.beside)
        print(f"  {row.bench:3} {row.what}: " + "  ".join(part for part in parts if part))
        _keep({"row": asdict(row)})


def show_table(title: str, head: Sequence[str], lines: Iterable[Sequence[str]]) -> None:
    """Print a table of its own, and keep it for the report of the whole run."""
    text = f"{title}\n\n{markdown(head, lines)}"
    print(text)
    _keep({"table": text})


def markdown(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return a table, its columns lined up for reading as text."""
    cells = [list(head), *([cell.replace("|", "\\|") for cell in line] for line in lines)]
    widths = [max(len(line[at]) for line in cells) for at in range(len(head))]
    padded = [
        " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        for line in cells
    ]
    rule = " | ".join("-" * max(3, width) for width in widths)
    return "\n".join(f"| {line} |" for line in (padded[0], rule, *padded[1:]))


def collected(path: Path) -> tuple[list[Row], list[str]]:
    """Read what the benches of a run have kept: rows and tables."""
    found = [json.loads(line) for line in path.read_text().splitlines()]
    rows = [Row(**one["row"]) for one in found if "row" in one]
    return rows, [one["table"] for one in found if "table" in one]


def table(rows: Iterable[Row]) -> str:
    """Return the table of a run, in the order of the budgets."""
    verdicts = {True: "yes", False: "**no**", None: ""}
    ordered = sorted(rows, key=lambda row: int(row.bench.removeprefix("B") or 0))
    return markdown(
        HEAD,
        (
            (row.bench, row.what, row.measured, row.budget, verdicts[row.met], row.beside)
            for row in ordered
        ),
    )


def _keep(entry: dict[str, object]) -> None:
    if path := os.environ.get(COLLECT):
        with Path(path).open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(entry, ensure_ascii=False) + "\n")
