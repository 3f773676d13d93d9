"""Segmentation metrics against the printed table, segeval and nltk."""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest
from nltk.metrics.segmentation import pk as nltk_pk
from nltk.metrics.segmentation import windowdiff as nltk_window_diff

from curation.domain.segmentation_metrics import (
    NO_BOUNDARY,
    NO_HYPOTHESIS,
    NO_REFERENCE,
    TOO_SHORT,
    Detection,
    Undefined,
    boundary_similarity,
    compare_segmentations,
    detect_boundaries,
    edit_boundaries,
    pk,
    window_diff,
    window_size,
)
from tests.curation.domain.masses import boundaries_of_masses

NONE = None
TABLE = [
    ((5, 5, 10), (5, 6, 9), 3, 2 / 17, 2 / 17, (1, 1, 0), 3 / 4, (1 / 2, 1 / 2, 1 / 2), 1),
    ((4, 4, 4), (5, 3, 2, 2), 2, 0.4, 0.4, (1, 1, 1), 1 / 2, (1 / 3, 1 / 2, 0.4), 0.8),
    ((1, 1, 1, 9), (2, 1, 9), 2, 0, 0.1, (2, 0, 1), 2 / 3, (1, 2 / 3, 0.8), 0.8),
    ((4, 1, 1, 6), (5, 7), 2, 0.2, 0.4, (1, 0, 2), 1 / 3, (1, 1 / 3, 0.5), 0.5),
    ((2, 2, 2, 2, 2), (1, 2, 2, 2, 3), 1, 8 / 9, 8 / 9, (0, 4, 0), 1 / 2, (0, 0, 0), 1),
    ((5, 5), (4, 6), 2, 1 / 4, 1 / 4, (0, 1, 0), 1 / 2, (0, 0, 0), 1),
    ((3, 3, 3, 3), (12,), 2, 0.6, 0.6, (0, 0, 3), 0, (NONE, 0, 0), 0),
    ((12,), (6, 6), 6, 1, 1, (0, 0, 1), 0, (0, NONE, 0), 0),
]


@pytest.mark.parametrize(("ours", "theirs", "k", "p", "wd", "mta", "b", "prf", "near"), TABLE)
def test_compare_segmentations_gives_the_table(
    ours: tuple[int, ...],
    theirs: tuple[int, ...],
    k: int,
    p: float,
    wd: float,
    mta: tuple[int, int, int],
    b: float,
    prf: tuple[float | None, ...],
    near: float,
) -> None:
    reference, hypothesis = boundaries_of_masses(ours), boundaries_of_masses(theirs)
    found = compare_segmentations(reference, hypothesis, rows=sum(ours))
    edit = edit_boundaries(reference, hypothesis, rows=sum(ours))
    assert found.k == k
    assert found.pk == pytest.approx(p, abs=1e-12)
    assert found.window_diff == pytest.approx(wd, abs=1e-12)
    assert (edit.matches, len(edit.transpositions), edit.additions) == mta
    assert found.similarity == pytest.approx(b, abs=1e-12)
    for figure, expected in zip(
        (found.exact.precision, found.exact.recall, found.exact.f1), prf, strict=True
    ):
        if expected is None:
            assert isinstance(figure, Undefined)
        else:
            assert figure == pytest.approx(expected, abs=1e-12)
    assert found.near.f1 == pytest.approx(near, abs=1e-12)


def random_masses(rnd: random.Random, rows: int) -> tuple[int, ...]:
    cuts = sorted(rnd.sample(range(1, rows), rnd.randint(0, min(rows - 1, 12))))
    return tuple(b - a for a, b in zip([0, *cuts], [*cuts, rows], strict=True))


@pytest.fixture(scope="module")
def segeval() -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import segeval as library

        yield library


@pytest.mark.parametrize("seed", range(300))
def test_metrics_equal_segeval_and_nltk(seed: int, segeval: Any) -> None:
    rnd = random.Random(seed)
    rows = rnd.randint(4, 90)
    ours, theirs = random_masses(rnd, rows), random_masses(rnd, rows)
    reference, hypothesis = boundaries_of_masses(ours), boundaries_of_masses(theirs)
    coded = [
        "".join("1" if gap in side else "0" for gap in range(1, rows))
        for side in (reference, hypothesis)
    ]
    k = window_size(reference, rows=rows)
    assert isinstance(k, int)
    found_pk = pk(reference, hypothesis, rows=rows)
    found_wd = window_diff(reference, hypothesis, rows=rows)
    assert found_pk == pytest.approx(nltk_pk(*coded, k=k), abs=1e-12)
    assert found_wd == pytest.approx(nltk_window_diff(*coded, k=k), abs=1e-12)
    assert found_pk == pytest.approx(float(segeval.pk(theirs, ours, window_size=k)), abs=1e-12)
    assert found_wd == pytest.approx(
        float(segeval.window_diff(theirs, ours, window_size=k)), abs=1e-12
    )
    similarity = boundary_similarity(reference, hypothesis, rows=rows)
    if not reference and not hypothesis:
        assert similarity == NO_BOUNDARY
    else:
        library = Fraction(segeval.boundary_similarity(ours, theirs, n_t=2))
        assert similarity == pytest.approx(float(library), abs=1e-12)
        assert similarity == boundary_similarity(hypothesis, reference, rows=rows)


def test_edit_boundaries_prefers_small_slips_and_reaches_only_so_far() -> None:
    edit = edit_boundaries({10, 20}, {12, 21}, rows=40, reach=3)
    assert (edit.matches, edit.transpositions, edit.additions) == (0, (1, 2), 0)
    assert edit.slip_cost == pytest.approx(1.0)
    assert edit_boundaries({10, 20}, {12, 21}, rows=40).additions == 2


def test_detect_boundaries_forgives_slips_within_the_tolerance() -> None:
    strict = detect_boundaries({10}, {13}, rows=40)
    assert strict == Detection(precision=0.0, recall=0.0, f1=0.0)
    assert detect_boundaries({10}, {13}, rows=40, tolerance=3).f1 == 1.0


@pytest.mark.parametrize("rows", [0, 1])
def test_everything_is_undefined_without_a_gap(rows: int) -> None:
    found = compare_segmentations((), (), rows=rows)
    assert found.k == found.pk == found.window_diff == found.similarity == TOO_SHORT
    assert found.exact == found.near == Detection(TOO_SHORT, TOO_SHORT, TOO_SHORT)


def test_two_empty_sides_have_windows_but_no_similarity() -> None:
    found = compare_segmentations((), (), rows=10)
    assert (found.pk, found.window_diff) == (0.0, 0.0)
    assert found.windows_say_little
    assert found.similarity == NO_BOUNDARY
    assert found.exact == Detection(NO_BOUNDARY, NO_BOUNDARY, NO_BOUNDARY)


def test_one_empty_side_leaves_its_own_rate_undefined() -> None:
    assert detect_boundaries({5}, (), rows=10) == Detection(NO_HYPOTHESIS, 0.0, 0.0)
    assert detect_boundaries((), {5}, rows=10) == Detection(0.0, NO_REFERENCE, 0.0)
    assert str(NO_HYPOTHESIS).endswith("precision does not exist.")


def test_window_size_rounds_half_to_even_and_stays_inside() -> None:
    assert window_size({5}, rows=10) == 2
    assert window_size({7}, rows=14) == 4
    assert window_size(range(1, 10), rows=10) == 1
    assert window_size((), rows=2) == 1


def test_metrics_refuse_a_boundary_outside_and_a_window_that_does_not_fit() -> None:
    with pytest.raises(ValueError, match="outside"):
        boundary_similarity({0}, {1}, rows=5)
    with pytest.raises(ValueError, match="outside"):
        pk({5}, {1}, rows=5)
    with pytest.raises(ValueError, match="does not fit"):
        window_diff({1}, {1}, rows=5, k=5)
