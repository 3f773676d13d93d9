"""B7: suggested scenes for 1,000 utterances; and the growth with their number.

Run with ``python -m tests.bench.segmenter``. The ratio compares the time per utterance with that of
1,000 utterances in the same run.
"""

import random
import statistics
import sys
import time

from curation.domain.speaker_model import suggest_boundaries

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
    for rows in (1_000, 2_000, 5_000):
        speakers = script(rows)
        times = []
        for _ in range(RUNS):
            begun = time.perf_counter()
            suggest_boundaries(speakers)
            times.append(time.perf_counter() - begun)
        seconds = statistics.median(times)
        first = first or seconds
        growth = (seconds / rows) / (first / 1_000)
        budget = "at most 0.3 s" if rows == 1_000 else ""
        print(f"  {rows:5} utterances: median {seconds:.3f} s, {growth:.2f}x a row {budget}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
