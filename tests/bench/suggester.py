"""B7: how good the suggested scenes are on real plays, beside earlier figures on these plays.

Run it from the root of the project: ``python -m tests.bench.suggester``.
"""

from __future__ import annotations

import sys
import time
from statistics import mean

from curation.domain.segmentation_metrics import compare_segmentations
from curation.domain.speaker_model import (
    SceneSuggestion,
    SpeakerModelSettings,
    suggest_about,
    suggest_boundaries,
)
from tests.bench.report import Row, show, show_table
from tests.scripts_data import SCRIPTS_DIR, Play, german, shakespeare

# Pk, B and F1 with a tolerance of one row, as measured on these plays.
BASELINES = {
    "Shakespeare": {
        "no boundary": (0.411, None, None),
        "random at the true rate": (0.470, 0.02, 0.07),
        "TextTiling depth, tuned": (0.596, 0.05, 0.11),
        "logistic, other shows": (0.414, 0.20, 0.34),
        "speaker model, alpha 3, penalty 3": (0.309, 0.42, 0.59),
        "speaker model, true count, alpha 1": (0.202, 0.48, 0.65),
    },
    "German": {
        "no boundary": (0.386, None, None),
        "random at the true rate": (0.475, 0.04, 0.11),
        "TextTiling depth, tuned": (0.534, 0.07, 0.16),
        "logistic, other shows": (0.290, 0.27, 0.42),
        "speaker model, alpha 3, penalty 3": (0.219, 0.35, 0.56),
        "speaker model, true count, alpha 1": (0.213, 0.35, 0.55),
    },
}


def suggest_default(play: Play) -> SceneSuggestion:
    return suggest_boundaries(play.speakers, settings=SpeakerModelSettings(longest_scene=300))


def suggest_true_count(play: Play) -> SceneSuggestion:
    settings = SpeakerModelSettings(alpha=1, longest_scene=300)
    return suggest_about(play.speakers, scenes=len(play.boundaries) + 1, settings=settings)


def measure(plays: list[Play]) -> list[list[str]]:
    """Return a line of figures for each of our two ways."""
    lines = []
    for label, suggest in (
        ("ours, defaults", suggest_default),
        ("ours, true count", suggest_true_count),
    ):
        started = time.perf_counter()
        suggested = [suggest(play) for play in plays]
        seconds = time.perf_counter() - started
        found = [
            compare_segmentations(play.boundaries, answer.boundaries, rows=len(play.rows))
            for play, answer in zip(plays, suggested, strict=True)
        ]
        columns = (
            [one.pk for one in found],
            [one.window_diff for one in found],
            [one.similarity for one in found],
            [one.near.f1 for one in found],
        )
        means = [mean(v for v in column if isinstance(v, float)) for column in columns]
        rows = sum(len(play.rows) for play in plays)
        lines.append([label, *(f"{v:.3f}" for v in means), f"{seconds:.2f} for {rows} rows"])
    return lines


def main() -> int:
    if not SCRIPTS_DIR.is_dir():
        show(Row("B7", "quality of suggested scenes", "not run: set RICK_SCRIPTS_DIR"))
        return 0
    for name, plays in (("Shakespeare", shakespeare()), ("German", german())):
        scenes = sum(len(play.boundaries) + 1 for play in plays)
        title = f"Suggested scenes, {name}: {len(plays)} plays, {scenes} scenes"
        lines = measure(plays)
        for label, (pk, similarity, f1) in BASELINES[name].items():
            shown = ("" if v is None else f"{v:.3f}" for v in (pk, None, similarity, f1))
            lines.append([f"before: {label}", *shown, ""])
        show_table(title, ("", "Pk", "WindowDiff", "B", "F1 ±1", "seconds"), lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
