"""Learn from agreed episodes how the speaker model is to cut a team's script.

What is learned is small on purpose: how long the team's scenes are, and how much the speakers,
those lengths and the price of a boundary weigh. The built-in settings are among the candidates,
so the learned ones are never worse on what they were learned from.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from curation.domain.segmentation_metrics import (
    Measure,
    Undefined,
    detect_boundaries,
    pk,
)
from curation.domain.speaker_scores import ScoreTable, score_table
from curation.domain.speaker_settings import DEFAULT_SETTINGS, SpeakerModelSettings

#: With fewer agreed episodes there is too little to learn from.
FEWEST_EPISODES = 3
SMALLEST_DEVIATION = 0.4
LONGEST_SCENE = 400
ALPHAS = (3.0, 1.0)
PLAIN_PENALTIES = (3.0, 1.0, 2.0, 4.0)
WEIGHTS = (0.3, 0.6, 1.0)
PRIOR_PENALTIES = (-1.0, 0.0, 1.0)
#: A candidate replaces an earlier one only when it is better by more than this.
TIE = 1e-9


@dataclass(frozen=True, slots=True)
class AgreedEpisode:
    """What an agreed episode teaches: who speaks each spoken row, and where scenes start.

    Attributes:
        speakers: shape (rows,), aliases resolved.
        gaps: gap g lies before row g, 1 <= g < rows.
    """

    speakers: tuple[str, ...]
    gaps: frozenset[int]


def learn_settings(episodes: Sequence[AgreedEpisode]) -> SpeakerModelSettings | None:
    """Return the settings that cut these episodes most like the team did.

    Best is the highest mean of F1 within one line minus Pk; ties go to the earlier candidate,
    the built-in settings first, so that every machine learns the same.

    Returns:
        None with fewer than :data:`FEWEST_EPISODES` episodes of two rows or more.
    """
    taught = [one for one in episodes if len(one.speakers) > 1]
    if len(taught) < FEWEST_EPISODES:
        return None
    longest = _longest_scene(taught)
    best: tuple[float, SpeakerModelSettings] | None = None
    for alpha in ALPHAS:
        start = replace(DEFAULT_SETTINGS, alpha=alpha, longest_scene=longest)
        tables = [score_table(one.speakers, settings=start) for one in taught]
        for settings, penalties in _candidates(start, taught):
            weighed = [table.weighed(settings) for table in tables]
            for penalty in penalties:
                worth = _worth(weighed, taught, penalty=penalty)
                if best is None or worth > best[0] + TIE:
                    best = worth, replace(settings, penalty=penalty)
    return best[1] if best else None


def _candidates(
    start: SpeakerModelSettings, episodes: Sequence[AgreedEpisode]
) -> Iterator[tuple[SpeakerModelSettings, tuple[float, ...]]]:
    yield start, PLAIN_PENALTIES
    mean, deviation = _scene_lengths(episodes)
    for weight in WEIGHTS:
        yield (
            replace(start, weight=weight, length_mean=mean, length_sd=deviation),
            PRIOR_PENALTIES,
        )


def _worth(
    tables: Sequence[ScoreTable], episodes: Sequence[AgreedEpisode], *, penalty: float
) -> float:
    values = []
    for table, one in zip(tables, episodes, strict=True):
        found = table.cut(penalty=penalty)[0]
        rows = len(one.speakers)
        near = detect_boundaries(one.gaps, found, rows=rows, tolerance=1).f1
        values.append(_number(near) - _number(pk(one.gaps, found, rows=rows)))
    return math.fsum(values) / len(values)


def _number(value: Measure) -> float:
    return 0.0 if isinstance(value, Undefined) else value


def _masses(one: AgreedEpisode) -> list[int]:
    ends = [0, *sorted(one.gaps), len(one.speakers)]
    return [after - before for before, after in pairwise(ends)]


def _scene_lengths(episodes: Sequence[AgreedEpisode]) -> tuple[float, float]:
    """Return mean and standard deviation of the logarithms of the scenes' rows."""
    logs = [math.log(mass) for one in episodes for mass in _masses(one)]
    mean = math.fsum(logs) / len(logs)
    variance = math.fsum((value - mean) ** 2 for value in logs) / len(logs)
    return round(mean, 6), round(max(SMALLEST_DEVIATION, math.sqrt(variance)), 6)


def _longest_scene(episodes: Sequence[AgreedEpisode]) -> int:
    longest = max(mass for one in episodes for mass in _masses(one))
    return max(DEFAULT_SETTINGS.longest_scene, min(LONGEST_SCENE, math.ceil(longest * 1.25)))
