"""Measure how far two segmentations of one episode disagree.

A segmentation of N rows is its set of gaps: gap g (1 <= g < N) lies before row g, row 0 always
starts a scene and is never counted. What is undefined is an :class:`Undefined` with its reason,
never 0, 1 or NaN. Sources of the formulas are in ``docs/sources.md``, "segmentation metrics".
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import accumulate


@dataclass(frozen=True, slots=True)
class Undefined:
    """A figure that does not exist, with a sentence that says why."""

    reason: str

    def __str__(self) -> str:
        return self.reason


Measure = float | Undefined

TOO_SHORT = Undefined("An episode of fewer than two utterances has no gap to compare.")
NO_BOUNDARY = Undefined("Neither side has a boundary, so there is nothing to compare.")
NO_HYPOTHESIS = Undefined("The compared side has no boundary, so its precision does not exist.")
NO_REFERENCE = Undefined("The reference has no boundary, so there is none to find.")


@dataclass(frozen=True, slots=True)
class BoundaryEdit:
    """How one set of boundaries is turned into another (Fournier 2013, one boundary type).

    Attributes:
        matches: boundaries at the same gap.
        transpositions: spans in rows of the boundaries that only slipped.
        additions: boundaries of either side left without a partner.
        reach: n_t; slips of up to reach - 1 rows count as transpositions.
    """

    matches: int
    transpositions: tuple[int, ...]
    additions: int
    reach: int

    @property
    def pairs(self) -> int:
        """Matches and transpositions together."""
        return self.matches + len(self.transpositions)

    @property
    def events(self) -> int:
        """All matches, transpositions and additions."""
        return self.pairs + self.additions

    @property
    def slip_cost(self) -> float:
        """Sum of d / n_t over the transpositions."""
        return sum(self.transpositions) / self.reach


@dataclass(frozen=True, slots=True)
class Detection:
    """Precision, recall and F1 of the hypothesis' boundaries, each 0.0 to 1.0 or undefined."""

    precision: Measure
    recall: Measure
    f1: Measure


@dataclass(frozen=True, slots=True)
class Comparison:
    """All figures of one hypothesis against one reference.

    Attributes:
        k: window in rows of ``pk`` and ``window_diff``; state it beside them.
        windows_say_little: the reference is a single scene, so k is about half the episode.
        near: detection with a slip of one row forgiven.
    """

    k: int | Undefined
    pk: Measure
    window_diff: Measure
    similarity: Measure
    exact: Detection
    near: Detection
    windows_say_little: bool


def window_size(reference: Collection[int], *, rows: int) -> int | Undefined:
    """Half the mean scene length of the reference in rows, rounded half to even, 1..rows-1."""
    if rows <= 1:
        return TOO_SHORT
    scenes = len(set(reference)) + 1
    return min(max(1, round(rows / (2 * scenes))), rows - 1)


def pk(
    reference: Collection[int], hypothesis: Collection[int], *, rows: int, k: int | None = None
) -> Measure:
    """Share of windows of k gaps in which only one side has a boundary; lower is better.

    Source: Beeferman, Berger and Lafferty (1999), Machine Learning 34, 177-210.
    """
    windows = _window_counts(reference, hypothesis, rows=rows, k=k)
    if isinstance(windows, Undefined):
        return windows
    return sum((ours > 0) != (theirs > 0) for ours, theirs in windows) / len(windows)


def window_diff(
    reference: Collection[int], hypothesis: Collection[int], *, rows: int, k: int | None = None
) -> Measure:
    """Share of windows of k gaps whose numbers of boundaries differ; lower is better.

    Source: Pevzner and Hearst (2002), Computational Linguistics 28(1), 19-36.
    """
    windows = _window_counts(reference, hypothesis, rows=rows, k=k)
    if isinstance(windows, Undefined):
        return windows
    return sum(ours != theirs for ours, theirs in windows) / len(windows)


def edit_boundaries(
    reference: Collection[int], hypothesis: Collection[int], *, rows: int, reach: int = 2
) -> BoundaryEdit:
    """Pair the boundaries of both sides: equal gaps first, then the smallest slips.

    Raises:
        ValueError: a gap is not one of 1..rows-1.

    Source: Fournier (2013), Evaluating text segmentation using boundary edit distance, ACL.
    """
    ours, theirs = _gaps(reference, rows=rows), _gaps(hypothesis, rows=rows)
    matches = len(ours & theirs)
    left, free = ours - theirs, theirs - ours
    slips: list[int] = []
    for span in range(1, reach):
        for gap in sorted(left):
            partner = next((at for at in (gap - span, gap + span) if at in free), None)
            if partner is not None:
                left.discard(gap)
                free.discard(partner)
                slips.append(span)
    return BoundaryEdit(matches, tuple(slips), len(left) + len(free), reach)


def boundary_similarity(
    reference: Collection[int], hypothesis: Collection[int], *, rows: int
) -> Measure:
    """Fournier's B, 0.0 to 1.0, higher is better; a slip of one row costs half a boundary."""
    if rows <= 1:
        return TOO_SHORT
    edit = edit_boundaries(reference, hypothesis, rows=rows)
    if not edit.events:
        return NO_BOUNDARY
    return 1 - (edit.additions + edit.slip_cost) / edit.events


def detect_boundaries(
    reference: Collection[int], hypothesis: Collection[int], *, rows: int, tolerance: int = 0
) -> Detection:
    """Precision, recall and F1 of boundaries; slips of up to ``tolerance`` rows are hits."""
    if rows <= 1:
        return Detection(TOO_SHORT, TOO_SHORT, TOO_SHORT)
    edit = edit_boundaries(reference, hypothesis, rows=rows, reach=tolerance + 1)
    wanted, found = len(set(reference)), len(set(hypothesis))
    if not wanted and not found:
        return Detection(NO_BOUNDARY, NO_BOUNDARY, NO_BOUNDARY)
    return Detection(
        precision=edit.pairs / found if found else NO_HYPOTHESIS,
        recall=edit.pairs / wanted if wanted else NO_REFERENCE,
        f1=2 * edit.pairs / (wanted + found),
    )


def compare_segmentations(
    reference: Collection[int], hypothesis: Collection[int], *, rows: int
) -> Comparison:
    """Compute every figure of one hypothesis against one reference of the same episode."""
    return Comparison(
        k=window_size(reference, rows=rows),
        pk=pk(reference, hypothesis, rows=rows),
        window_diff=window_diff(reference, hypothesis, rows=rows),
        similarity=boundary_similarity(reference, hypothesis, rows=rows),
        exact=detect_boundaries(reference, hypothesis, rows=rows),
        near=detect_boundaries(reference, hypothesis, rows=rows, tolerance=1),
        windows_say_little=not reference,
    )


def _gaps(gaps: Collection[int], *, rows: int) -> set[int]:
    found = set(gaps)
    if any(not 1 <= gap < rows for gap in found):
        raise ValueError(f"a boundary lies outside the gaps 1..{rows - 1}")
    return found


def _window_counts(
    reference: Collection[int], hypothesis: Collection[int], *, rows: int, k: int | None
) -> list[tuple[int, int]] | Undefined:
    """Count both sides' boundaries in each window of k gaps."""
    size = window_size(reference, rows=rows) if k is None else k
    if isinstance(size, Undefined) or rows <= 1:
        return TOO_SHORT
    if not 1 <= size < rows:
        raise ValueError(f"a window of {size} rows does not fit {rows} rows")
    ours, theirs = (
        list(accumulate(row in gaps for row in range(rows)))
        for gaps in (_gaps(reference, rows=rows), _gaps(hypothesis, rows=rows))
    )
    return [(ours[i + size] - ours[i], theirs[i + size] - theirs[i]) for i in range(rows - size)]
