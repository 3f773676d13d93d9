"""Agreement against published tables, segeval, nltk and values of krippendorff 0.9.0."""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterator
from itertools import permutations
from typing import Any

import pytest
from nltk.metrics.segmentation import pk as nltk_pk
from nltk.metrics.segmentation import windowdiff as nltk_window_diff

from curation.domain.agreement import (
    ALL_ALIKE,
    CHANCE_IS_CERTAIN,
    NO_BOUNDARIES,
    NOTHING_SHARED,
    ONE_LAYER,
    band_of,
    gap_alpha,
    measure_agreement,
    multi_pi,
)
from curation.domain.agreement_pairs import Unit, compare_pairs
from curation.domain.agreement_units import measure_unit
from curation.domain.segmentation_metrics import NO_BOUNDARY, TOO_SHORT, window_size
from tests.curation.domain.masses import boundaries_of_masses

CLOSE = 1e-9
STARGAZER = (
    (2, 3, 3, 1, 3, 6, 3), (2, 8, 2, 4, 2, 3), (2, 1, 2, 3, 1, 3, 1, 3, 2, 2, 1),
    (2, 1, 4, 1, 1, 3, 1, 4, 3, 1), (3, 2, 4, 3, 5, 4), (2, 3, 4, 2, 2, 5, 3),
    (2, 3, 2, 2, 3, 1, 3, 2, 3),
)  # fmt: skip


def unit(*masses: tuple[int, ...], **more: Any) -> Unit:
    layers = {who: boundaries_of_masses(one) for who, one in enumerate(masses, start=1)}
    return Unit(sum(masses[0]), layers, **more)


def near(value: object, expected: float, tolerance: float = CLOSE) -> bool:
    return value == pytest.approx(expected, abs=tolerance)


def test_alpha_and_pi_give_the_printed_values() -> None:
    three = unit((5, 5, 10), (5, 6, 9), (5, 15))
    assert near(gap_alpha([measure_unit(three)]), 0.569231, 5e-7)
    pi = multi_pi([measure_unit(three)])
    assert near(pi.value, 0.580102, 5e-7)
    assert near(pi.observed, 0.583333, 5e-7)
    assert near(pi.expected, 0.007695, 5e-7)


def test_alpha_takes_what_is_not_known_as_missing() -> None:
    partly = unit((5, 5, 10), (5, 6, 9), (5, 15), known={3: range(1, 11)})
    assert near(gap_alpha([measure_unit(partly)]), 0.562791, 5e-7)
    assert set(compare_pairs(partly)) == {(1, 2)}


def test_pi_pools_episodes() -> None:
    pi = multi_pi([measure_unit(unit((5, 5, 10), (5, 6, 9))), measure_unit(unit((6, 6), (5, 7)))])
    assert near(pi.value, 0.663429, 5e-7)
    assert near(pi.observed, 2 / 3)
    assert near(pi.expected, 0.009621, 5e-7)


def test_every_figure_of_stargazer_is_the_published_one() -> None:
    found = measure_agreement([unit(*STARGAZER)])
    assert near(found.alpha, 0.334978, 5e-7)
    assert near(found.similarity.value, 0.533686, 5e-7)
    assert near(found.pi.value, 0.464450, 5e-7)
    assert near(found.pi.observed, 0.530055, 5e-7)
    assert near(found.pi.expected, 0.1225)
    assert near(found.f1.value, 0.548826, 5e-7)
    assert near(found.near_f1.value, 0.757391, 5e-7)
    assert near(found.pk.value, 0.317794, 5e-7)
    assert near(found.window_diff.value, 0.355388, 5e-7)
    assert found.similarity.count == 21
    assert found.windows == (1, 2)
    assert len(found.matrix) == 21


@pytest.fixture(scope="module")
def segeval() -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import segeval as library
        from segeval.data import samples

        library.samples = samples
        yield library


def units_of(data: Any) -> list[Unit]:
    names = sorted({name for coders in data.values() for name in coders})
    return [
        Unit(
            sum(next(iter(coders.values()))),
            {names.index(name): boundaries_of_masses(one) for name, one in coders.items()},
        )
        for coders in data.values()
    ]


# Alpha: krippendorff 0.9.0. The rest, to two places: the tables in the papers.
PUBLISHED = {
    "HEARST_1997_STARGAZER": (0.33497794722284513, 0.53, 0.46, 0.76, 0.32, 0.36),
    "KAZANTSEVA2012_G2": (0.40176301896630384, 0.45, 0.41, 0.66, 0.29, 0.33),
    "KAZANTSEVA2012_G5": (0.2017952827287003, 0.23, 0.24, 0.42, 0.35, 0.42),
    "LARGE_DISAGREEMENT": (-0.9866666666666668, 0.0, -0.33, 0.0, 1.0, 1.0),
    "COMPLETE_AGREEMENT": (1.0, 1.0, 1.0, 1.0, 0.0, 0.0),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_bundled_data_of_several_coders_gives_published_values(name: str, segeval: Any) -> None:
    data = getattr(segeval.samples, name)
    found = measure_agreement(units_of(data))
    alpha, similarity, pi, near_f1, pk, window_diff = PUBLISHED[name]
    assert near(found.alpha, alpha)
    assert near(found.similarity.value, similarity, 0.006)
    assert near(found.pi.value, pi, 0.006)
    assert near(found.near_f1.value, near_f1, 0.006)
    assert near(found.pk.value, pk, 0.006)
    assert near(found.window_diff.value, window_diff, 0.006)
    assert near(found.pi.value, float(segeval.fleiss_pi_linear(data)))
    pairs = segeval.boundary_similarity(data, n_t=2, boundary_format=segeval.BoundaryFormat.mass)
    mean = float(sum(pairs.values()) / len(pairs))
    assert near(found.similarity.value, mean)


FROZEN = (
    -0.02911564625850338, 0.031150793650793762, 0.1271880819366854,
    -0.009296296296296136, 0.006007040097949168, -0.06113219481340937,
)  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_alpha_with_missing_values_equals_krippendorff(seed: int) -> None:
    rnd = random.Random(seed)
    units = []
    for _ in range(3):
        rows = rnd.randint(8, 60)
        layers: dict[int, set[int]] = {}
        known: dict[int, range] = {}
        for who in range(4):
            layers[who] = {gap for gap in range(1, rows) if rnd.random() < 0.2}
            if rnd.random() < 0.4:
                known[who] = range(1, rnd.randint(2, rows))
        units.append(Unit(rows, layers, known))
    assert near(gap_alpha([measure_unit(one) for one in units]), FROZEN[seed])


@pytest.mark.parametrize("seed", range(40))
def test_pairs_equal_segeval_and_nltk_in_both_directions(seed: int, segeval: Any) -> None:
    rnd = random.Random(seed)
    rows = rnd.randint(6, 90)
    masses = []
    for _ in range(3):
        cuts = sorted(rnd.sample(range(1, rows), rnd.randint(1, min(rows - 1, 12))))
        masses.append(tuple(b - a for a, b in zip([0, *cuts], [*cuts, rows], strict=True)))
    for (one, other), figures in compare_pairs(unit(*masses)).items():
        sides = masses[one - 1], masses[other - 1]
        pks, diffs, windows = [], [], []
        for ours, theirs in permutations(sides):
            k = window_size(boundaries_of_masses(ours), rows=rows)
            assert isinstance(k, int)
            coded = [
                "".join("1" if gap in boundaries_of_masses(m) else "0" for gap in range(1, rows))
                for m in (ours, theirs)
            ]
            pks.append(nltk_pk(*coded, k=k))
            diffs.append(nltk_window_diff(*coded, k=k))
            windows.append(k)
        assert near(figures.pk, sum(pks) / 2)
        assert near(figures.window_diff, sum(diffs) / 2)
        assert figures.windows == tuple(windows)
        assert near(figures.similarity, float(segeval.boundary_similarity(*sides, n_t=2)))
    data = segeval.Dataset({"e": {str(n): m for n, m in enumerate(masses)}})
    assert near(
        multi_pi([measure_unit(unit(*masses))]).value, float(segeval.fleiss_pi_linear(data))
    )


def test_one_layer_has_no_agreement_and_says_so() -> None:
    for units in ([], [unit((5, 5))]):
        found = measure_agreement(units)
        assert found.similarity.value == ONE_LAYER
        assert found.alpha == NOTHING_SHARED
        assert found.pi.value == ONE_LAYER
        assert (found.matrix, found.windows) == ({}, ())


def test_an_episode_of_one_row_is_too_short() -> None:
    found = measure_agreement([Unit(1, {1: (), 2: ()})])
    assert found.similarity.value == found.pk.value == TOO_SHORT
    assert found.alpha == NOTHING_SHARED
    assert found.pi.value == ONE_LAYER
    assert measure_agreement([Unit(0, {1: (), 2: ()})]).f1.value == TOO_SHORT


def test_two_layers_without_a_boundary_have_windows_and_nothing_else() -> None:
    found = measure_agreement([unit((10,), (10,))])
    assert found.similarity.value == found.f1.value == found.near_f1.value == NO_BOUNDARY
    assert (found.pk.value, found.windows_say_little) == (0.0, 1)
    assert found.alpha == NO_BOUNDARIES
    assert found.pi.value == NO_BOUNDARIES


def test_boundaries_everywhere_leave_nothing_to_chance() -> None:
    found = measure_agreement([unit((1,) * 6, (1,) * 6)])
    assert found.similarity.value == 1.0
    assert found.alpha == ALL_ALIKE
    assert found.pi.value == CHANCE_IS_CERTAIN
    assert found.pi.expected == 1.0


def test_a_mean_leaves_out_what_is_undefined_and_counts_it() -> None:
    found = measure_agreement([unit((10,), (10,)), unit((5, 5), (5, 5))])
    assert (found.similarity.value, found.similarity.count, found.similarity.left_out) == (
        1.0,
        1,
        1,
    )


def test_a_gap_outside_the_episode_is_refused() -> None:
    with pytest.raises((ValueError, IndexError)):
        compare_pairs(Unit(5, {1: {5}, 2: {1}}))
    with pytest.raises(ValueError, match="outside"):
        compare_pairs(Unit(5, {1: {0}, 2: {1}}))


@pytest.mark.parametrize(
    ("similarity", "band"),
    [(0.75, "good"), (0.7499, "fair"), (0.55, "fair"), (0.5, "poor"), (ONE_LAYER, "none")],
)
def test_bands_are_words_with_advice(similarity: Any, band: str) -> None:
    name, words = band_of(similarity)
    assert name == band
    assert len(words) > 30
