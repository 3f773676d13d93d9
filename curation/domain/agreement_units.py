"""What one episode adds to the agreement of several: its pairs, its answers at the gaps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from curation.domain.agreement_pairs import Pair, PairFigures, Unit, compare_pairs


@dataclass(frozen=True, slots=True)
class UnitFigures:
    """One episode, measured; figures of several are put together by sums and means.

    Attributes:
        annotators: who judged it, or parts of it.
        pairs: every two finished layers compared.
        answers: coincidences of two yes, two no, and yes with no at its gaps, for alpha.
        boundary_rates: boundaries by gaps of each finished layer, 0.0 to 1.0, for multi-pi.
    """

    annotators: tuple[int, ...]
    pairs: Mapping[Pair, PairFigures]
    answers: tuple[float, float, float]
    boundary_rates: tuple[float, ...]


def measure_unit(unit: Unit) -> UnitFigures:
    """Measure one episode.

    Raises:
        ValueError: a gap is not one of 1..rows-1.
    """
    gaps = unit.rows - 1
    return UnitFigures(
        annotators=tuple(sorted(unit.layers)),
        pairs=compare_pairs(unit),
        answers=_answers_of(unit),
        boundary_rates=tuple(len(set(unit.layers[who])) / gaps for who in unit.finished())
        if gaps > 0
        else (),
    )


def _answers_of(unit: Unit) -> tuple[float, float, float]:
    judged, marked = _votes_of(unit)
    seen = judged >= 2
    m, c = judged[seen], marked[seen]
    return (
        float((c * (c - 1) / (m - 1)).sum()),
        float(((m - c) * (m - c - 1) / (m - 1)).sum()),
        float((c * (m - c) / (m - 1)).sum()),
    )


def _votes_of(unit: Unit) -> tuple[Any, Any]:
    """Return how many judged and how many marked each gap."""
    import numpy as np  # noqa: PLC0415  # a web process starts without it

    m, c = np.zeros(max(unit.rows, 1)), np.zeros(max(unit.rows, 1))
    for who, gaps in unit.layers.items():
        if who in unit.known:
            m[list(unit.known[who])] += 1
            c[[gap for gap in set(gaps) if gap in unit.known[who]]] += 1
        else:
            m += 1
            c[list(set(gaps))] += 1
    return m[1:], c[1:]
