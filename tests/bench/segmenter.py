"""B7: suggested scenes for 1,000 utterances; and the growth with their number.

Run with ``python -m tests.bench.segmenter``. The ratio compares the time per utterance with that of
1,000 utterances in the same run.
"""

import random
import statistics
import sys
import time

from curation.domain.speaker_model import suggest_boundaries
from tests.bench.report import Row, at_most, show

ROWS = (1_000, 2_000, 5_000)
RUNS = 5


def script(rows: int) -> list[str]:
    """Make scenes of 4 to 30 rows, each with two to five of ten speakers."""
    chance = random.Random(rows)
    speakers: list[str] = []
    while len(speakers) < rows:
        cast = chance.sample([f"Speaker {n}" for n in range(10)], chance.randint(2, 5))
        speakers += chance.choices(cast, k=chance.randint(4, 30))
    return speakers[:rows]


def main() -> int:
    """Measure and print."""
    first = 0.0
    for rows in ROWS:
        speakers = script(rows)
        times = []
        for _ in range(RUNS):
            begun = time.perf_counter()
            suggest_boundaries(speakers)
            times.append(time.perf_counter() - begun)
        seconds = statistics.median(times)
        first = first or seconds
        growth = (seconds / rows) / (first / ROWS[0])
        what = f"suggested scenes for {rows:,} utterances, median of {RUNS}"
        beside = f"{growth:.2f}x the time per utterance of {ROWS[0]:,}"
        if rows == ROWS[0]:
            show(at_most("B7", what, seconds, limit=0.3, unit="s"))
        else:
            show(Row("B7", what, f"{seconds:.3f} s", beside=beside))
    return 0


if __name__ == "__main__":
    sys.exit(main())
