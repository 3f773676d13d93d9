"""Suggest scenes from who speaks: every scene draws its speakers from its own distribution.

No key, no network, no training. See ``docs/sources.md``, "speaker model".
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from curation.domain.speaker_scores import LockConflictError, ScoreTable, score_table
from curation.domain.speaker_settings import DEFAULT_SETTINGS, SpeakerModelSettings

__all__ = [
    "DEFAULT_SETTINGS",
    "LockConflictError",
    "SceneSuggestion",
    "SpeakerModelSettings",
    "suggest_about",
    "suggest_boundaries",
]

PENALTY_RANGE = (-8.0, 30.0)
MOST_LOOKS = 24
SAME = 1e-6  # scores so near are one


@dataclass(frozen=True, slots=True)
class SceneSuggestion:
    """One answer of the model.

    Attributes:
        boundaries: ascending gaps; gap g lies before row g, 1 <= g < rows.
        probabilities: shape (rows,), chance of a boundary before each row; 0.0 for row 0.
        score: log score of the suggested scenes, prices included.
        penalty: the price that was used (found by narrowing when a count was asked for).
    """

    boundaries: tuple[int, ...]
    probabilities: tuple[float, ...]
    score: float
    penalty: float

    @property
    def scenes(self) -> int:
        """Number of suggested scenes."""
        return len(self.boundaries) + 1 if self.probabilities else 0


def suggest_boundaries(
    speakers: Sequence[str],
    *,
    settings: SpeakerModelSettings = DEFAULT_SETTINGS,
    on: Collection[int] = (),
    off: Collection[int] = (),
    bonus: Sequence[float] = (),
) -> SceneSuggestion:
    """Cut one episode into its most probable scenes.

    Args:
        speakers: shape (rows,), who speaks each spoken row; aliases already resolved. Case and
            outer blanks do not count.
        settings: how the model cuts.
        on: gaps that are boundaries for sure.
        off: gaps that are none for sure.
        bonus: shape (rows,) or empty, added to the score of a boundary before that row.

    Raises:
        LockConflictError: a gap is both on and off, or is not one of 1..rows-1.
    """
    table = score_table(speakers, settings=settings, on=on, off=off).weighed(settings)
    return _suggest(table, settings=settings, bonus=bonus)


def suggest_about(
    speakers: Sequence[str],
    *,
    scenes: int,
    settings: SpeakerModelSettings = DEFAULT_SETTINGS,
    on: Collection[int] = (),
    off: Collection[int] = (),
) -> SceneSuggestion:
    """Cut one episode into about so many scenes, by narrowing the penalty down.

    Counts fall as the penalty rises, but not every count can be reached: read the count found
    from the answer. Arguments and errors as in :func:`suggest_boundaries`.
    """
    table = score_table(speakers, settings=settings, on=on, off=off).weighed(settings)
    return _suggest(table, settings=replace(settings, penalty=_penalty_for(table, scenes)))


@dataclass(frozen=True, slots=True)
class _Cut:
    """The best cut at one price: its scenes, and their score without prices."""

    penalty: float
    scenes: int
    score: float


def _penalty_for(table: ScoreTable, scenes: int) -> float:
    """Return the price of a boundary at which the count of scenes is nearest to the one asked.

    Of the counts that some price reaches, the best scores lie on a concave line, whose slopes are
    the prices. At the slope between two of them the best cut lies above the line, or nothing can
    be reached between them.
    """
    more, less = (_cut_at(table, penalty) for penalty in PENALTY_RANGE)
    for _ in range(MOST_LOOKS):
        if scenes >= more.scenes or scenes <= less.scenes or more.scenes - less.scenes == 1:
            break
        slope = (more.score - less.score) / (more.scenes - less.scenes)
        between = _cut_at(table, slope)
        line = more.score - slope * (more.scenes - between.scenes)
        if between.score <= line + SAME:
            break
        if between.scenes <= scenes:
            less = between
        else:
            more = between
    is_more = more.scenes - scenes < scenes - less.scenes
    return more.penalty if is_more else less.penalty


def _cut_at(table: ScoreTable, penalty: float) -> _Cut:
    boundaries, score = table.cut(penalty=penalty)
    return _Cut(penalty, len(boundaries) + 1, score + penalty * len(boundaries))


def _suggest(
    table: ScoreTable, *, settings: SpeakerModelSettings, bonus: Sequence[float] = ()
) -> SceneSuggestion:
    boundaries, score = table.cut(penalty=settings.penalty, bonus=bonus)
    probabilities = table.probabilities(
        penalty=settings.penalty, temper=settings.temper, bonus=bonus
    )
    return SceneSuggestion(
        boundaries=boundaries,
        probabilities=probabilities,
        score=score,
        penalty=settings.penalty,
    )
