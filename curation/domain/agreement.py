"""Measure how far several annotators agree on the scenes of episodes.

Gaps and the words for what is undefined are those of :mod:`curation.domain.segmentation_metrics`;
formulas and their sources are in ``docs/sources.md``, "agreement". Only finished layers are
compared in pairs; a layer of which only some gaps are known counts in alpha alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from curation.domain.agreement_pairs import Pair, PairFigures, Unit
from curation.domain.agreement_units import UnitFigures, measure_unit
from curation.domain.segmentation_metrics import Measure, Undefined

ONE_LAYER = Undefined("Agreement needs two finished layers of one episode; there is at most one.")
NOTHING_SHARED = Undefined("No gap was judged by two people, so there is nothing to compare.")
ALL_ALIKE = Undefined(
    "Everybody gave the same answer at every gap, so agreement by chance cannot be told from "
    "agreement by reading."
)
NO_BOUNDARIES = Undefined("Nobody drew a boundary, so there is nothing to compare.")
CHANCE_IS_CERTAIN = Undefined("Everybody drew a boundary at every gap, so chance explains it all.")

GOOD, ADJUDICATE = 0.75, 0.55


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean of figures; ``left_out`` of them are undefined and do not count."""

    value: Measure
    count: int
    left_out: int


@dataclass(frozen=True, slots=True)
class MultiPi:
    """Chance-corrected agreement from boundary similarity, with its parts."""

    value: Measure
    observed: Measure
    expected: Measure


@dataclass(frozen=True, slots=True)
class Agreement:
    """All figures of one or several episodes.

    Attributes:
        matrix: mean boundary similarity of each pair of annotators.
        windows: smallest and largest window k in rows; empty without a pair.
        windows_say_little: number of comparisons with a layer of a single scene.
    """

    similarity: Mean
    pk: Mean
    window_diff: Mean
    f1: Mean
    near_f1: Mean
    alpha: Measure
    pi: MultiPi
    matrix: Mapping[Pair, Mean]
    windows: tuple[int, ...]
    windows_say_little: int
    annotators: tuple[int, ...]


def measure_agreement(units: Sequence[Unit]) -> Agreement:
    """Compute every figure over episodes; with one episode, that episode's agreement.

    Raises:
        ValueError: a gap is not one of 1..rows-1.
    """
    return pool_agreement([measure_unit(unit) for unit in units])


def pool_agreement(units: Sequence[UnitFigures]) -> Agreement:
    """Put the figures of episodes together; means are over the pairs of all, unweighted."""
    found: dict[Pair, list[PairFigures]] = defaultdict(list)
    for unit in units:
        for pair, figures in unit.pairs.items():
            found[pair].append(figures)
    every = [figures for one in found.values() for figures in one]
    return Agreement(
        similarity=mean_of(one.similarity for one in every),
        pk=mean_of(one.pk for one in every),
        window_diff=mean_of(one.window_diff for one in every),
        f1=mean_of(one.f1 for one in every),
        near_f1=mean_of(one.near_f1 for one in every),
        alpha=gap_alpha(units),
        pi=multi_pi(units),
        matrix={pair: mean_of(f.similarity for f in one) for pair, one in found.items()},
        windows=_range(k for one in every for k in one.windows),
        windows_say_little=sum(one.windows_say_little for one in every),
        annotators=tuple(sorted({who for unit in units for who in unit.annotators})),
    )


def gap_alpha(units: Sequence[UnitFigures]) -> Measure:
    """Krippendorff's alpha of the yes or no at each gap, gaps of all episodes pooled.

    Strict: a slip of one row counts as two errors. Unknown gaps are missing values.

    Source: Krippendorff (2011), Computing Krippendorff's alpha-reliability.
    """
    ones, zeros, mixed = (sum(unit.answers[at] for unit in units) for at in range(3))
    if not ones + zeros + mixed:
        return NOTHING_SHARED
    total, with_boundary = ones + zeros + 2 * mixed, ones + mixed
    without = total - with_boundary
    expected = (total**2 - without**2 - with_boundary**2) / (total * (total - 1))
    if not expected:
        return ALL_ALIKE if with_boundary else NO_BOUNDARIES
    return 1 - (2 * mixed / total) / expected


def multi_pi(units: Sequence[UnitFigures]) -> MultiPi:
    """Fleiss' multi-pi whose observed agreement is boundary similarity over all pairs.

    Source: Fournier and Inkpen (2012), Segmentation similarity and agreement, NAACL;
    Fournier (2013), Evaluating text segmentation using boundary edit distance, ACL.
    """
    edits = [figures.edit for unit in units for figures in unit.pairs.values() if figures.edit]
    if not edits:
        return MultiPi(ONE_LAYER, ONE_LAYER, ONE_LAYER)
    events = sum(edit.events for edit in edits)
    rates = [rate for unit in units for rate in unit.boundary_rates]
    expected = (sum(rates) / len(rates)) ** 2
    if not events:
        return MultiPi(NO_BOUNDARIES, NO_BOUNDARIES, expected)
    observed = sum(edit.pairs - edit.slip_cost for edit in edits) / events
    if expected >= 1:
        return MultiPi(CHANCE_IS_CERTAIN, observed, expected)
    return MultiPi((observed - expected) / (1 - expected), observed, expected)


def mean_of(measures: Iterable[Measure]) -> Mean:
    """Average what is defined; the mean of nothing is undefined, with the reason of the first."""
    values: list[float] = []
    reasons: list[Undefined] = []
    for one in measures:
        if isinstance(one, Undefined):
            reasons.append(one)
        else:
            values.append(one)
    if values:
        return Mean(sum(values) / len(values), len(values), len(reasons))
    reason = reasons[0] if reasons else ONE_LAYER
    return Mean(reason, 0, len(reasons))


def band_of(similarity: Measure) -> tuple[str, str]:
    """Return a short name of how good a mean similarity is, and what to do about it.

    The limits are our judgement, set from published data that is harder than scenes.
    """
    if isinstance(similarity, Undefined):
        return "none", str(similarity)
    if similarity >= GOOD:
        return "good", "Good: people read the guideline alike. Settle the few splits and go on."
    if similarity >= ADJUDICATE:
        return "fair", "Worth adjudicating: most scenes are shared, the splits need a decision."
    return "poor", "Low: sharpen the guideline and talk about the splits before cutting more."


def _range(numbers: Iterable[int]) -> tuple[int, ...]:
    found = set(numbers)
    return (min(found), max(found)) if found else ()
