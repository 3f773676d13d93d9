"""Two annotators' scenes of one episode compared: similarity, windows both ways, F1.

Gaps and the words for what is undefined are those of :mod:`curation.domain.segmentation_metrics`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

from curation.domain.segmentation_metrics import (
    NO_BOUNDARY,
    TOO_SHORT,
    BoundaryEdit,
    Measure,
    Undefined,
    edit_boundaries,
    window_size,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Counts = NDArray[np.float64]

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Unit:
    """One episode as its annotators cut it.

    Attributes:
        rows: number of spoken utterances.
        layers: the gaps (1..rows-1) at which each annotator starts a scene, by annotator.
        known: for annotators who did not finish, the gaps they judged; the others judged all.
    """

    rows: int
    layers: Mapping[int, Collection[int]]
    known: Mapping[int, Collection[int]] = field(default_factory=dict)

    def finished(self) -> list[int]:
        """Return the annotators who judged every gap, in ascending order."""
        return sorted(one for one in self.layers if one not in self.known)


@dataclass(frozen=True, slots=True)
class PairFigures:
    """Two annotators on one episode.

    Attributes:
        pk, window_diff: the mean of both directions, each with the window of its reference.
        windows: the two windows k in rows, first annotator as the reference first.
        windows_say_little: one of them sees a single scene, so its k is half the episode.
        edit: what turns one into the other; its parts are summed for multi-pi.
    """

    similarity: Measure
    pk: Measure
    window_diff: Measure
    f1: Measure
    near_f1: Measure
    windows: tuple[int, ...]
    windows_say_little: bool
    edit: BoundaryEdit | None


NO_PAIR = PairFigures(
    similarity=TOO_SHORT,
    pk=TOO_SHORT,
    window_diff=TOO_SHORT,
    f1=TOO_SHORT,
    near_f1=TOO_SHORT,
    windows=(),
    windows_say_little=False,
    edit=None,
)


def compare_pairs(unit: Unit) -> dict[Pair, PairFigures]:
    """Compare every two finished layers of an episode."""
    gaps = {who: frozenset(unit.layers[who]) for who in unit.finished()}
    return {
        (one, other): _compare(unit.rows, gaps[one], gaps[other])
        for one, other in combinations(gaps, 2)
    }


def _compare(rows: int, ours: frozenset[int], theirs: frozenset[int]) -> PairFigures:
    if rows <= 1:
        return NO_PAIR
    edit = edit_boundaries(ours, theirs, rows=rows)
    counts = _running(ours, rows), _running(theirs, rows)
    windows = _window(ours, rows), _window(theirs, rows)
    there = _window_errors(*counts, windows[0])
    back = _window_errors(*counts[::-1], windows[1])
    marks = len(ours) + len(theirs)
    return PairFigures(
        similarity=1 - (edit.additions + edit.slip_cost) / edit.events if marks else NO_BOUNDARY,
        pk=(there[0] + back[0]) / 2,
        window_diff=(there[1] + back[1]) / 2,
        f1=2 * edit.matches / marks if marks else NO_BOUNDARY,
        near_f1=2 * edit.pairs / marks if marks else NO_BOUNDARY,
        windows=windows,
        windows_say_little=not ours or not theirs,
        edit=edit,
    )


def _running(gaps: Collection[int], rows: int) -> Counts:
    """Return how many boundaries there are up to each row, shape (rows,)."""
    import numpy as np  # noqa: PLC0415  # a web process starts without it

    marks = np.zeros(rows)
    marks[list(gaps)] = 1
    return np.cumsum(marks)


def _window(reference: Collection[int], rows: int) -> int:
    size = window_size(reference, rows=rows)
    if isinstance(size, Undefined):
        raise TypeError(str(size))
    return size


def _window_errors(reference: Counts, hypothesis: Counts, k: int) -> tuple[float, float]:
    """Return Pk and WindowDiff from running counts of boundaries, shape (rows,)."""
    ours, theirs = reference[k:] - reference[:-k], hypothesis[k:] - hypothesis[:-k]
    return float(((ours > 0) != (theirs > 0)).mean()), float((ours != theirs).mean())
