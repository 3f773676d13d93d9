"""The first two episodes of the demo script as a file of their own: enough for a whole loop."""

import csv
from pathlib import Path

from curation.demo.plan import SCRIPT_FILE

EPISODES = {("1", "1"), ("1", "2")}


def write_short_script(target: Path) -> Path:
    """Write the header and the rows of the two episodes."""
    with (
        SCRIPT_FILE.open(encoding="utf-8", newline="") as source,
        target.open("w", encoding="utf-8", newline="") as handle,
    ):
        header, *rows = csv.reader(source)
        chosen = [row for row in rows if tuple(row[1:3]) in EPISODES]
        csv.writer(handle).writerows([header, *chosen])
    return target
