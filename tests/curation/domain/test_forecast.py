"""The forecast: its distribution against sums worked out otherwise, its coverage by simulation."""

from datetime import date
from math import exp, lgamma, log

import numpy as np
import pytest

from curation.domain.forecast import (
    add_working_days,
    forecast_goal,
    incomplete_beta,
    measure_pace,
    working_day_counts,
)

MONDAY = date(2026, 3, 2)


def chance_by_sum(missing: int, days: int, shape: float, seen: int) -> float:
    """P(a negative binomial count is at least ``missing``), term by term."""
    p = seen / (seen + days)
    below = (
        exp(lgamma(shape + k) - lgamma(shape) - lgamma(k + 1) + shape * log(p) + k * log(1 - p))
        for k in range(missing)
    )
    return 1 - sum(below)


@pytest.mark.parametrize(
    ("missing", "days", "shape", "seen"), [(1, 1, 5.5, 5), (30, 14, 40.5, 20), (52, 400, 7.5, 40)]
)
def test_incomplete_beta_equals_the_negative_binomial_sum(
    missing: int, days: int, shape: float, seen: int
) -> None:
    found = incomplete_beta(missing, shape, days / (days + seen))
    assert found == pytest.approx(chance_by_sum(missing, days, shape, seen), abs=1e-9)


def test_incomplete_beta_is_the_power_for_a_beta_of_one() -> None:
    assert incomplete_beta(3, 1, 0.4) == pytest.approx(0.4**3, abs=1e-12)
    assert (incomplete_beta(2, 2, 0.0), incomplete_beta(2, 2, 1.0)) == (0.0, 1.0)


@pytest.mark.parametrize("burst", [1.0, 3.0])
def test_forecast_covers_what_happens_as_often_as_it_says(burst: float) -> None:
    chance = np.random.default_rng(52)
    inside = {0.8: 0, 0.95: 0}
    trials = 1500
    for _ in range(trials):
        rate = chance.uniform(0.8, 4)
        days = _draw(chance, rate, burst, 1600)
        pace = measure_pace([int(n) for n in days[:30]])
        if pace is None:
            continue
        took = int(np.searchsorted(np.cumsum(days[30:]), 40)) + 1
        for level in inside:
            early = pace.days_until(40, probability=(1 - level) / 2)
            late = pace.days_until(40, probability=(1 + level) / 2)
            assert early is not None
            inside[level] += early <= took and (late is None or took <= late)
    assert 0.75 <= inside[0.8] / trials <= 0.88
    assert 0.91 <= inside[0.95] / trials <= 0.985


def _draw(chance: np.random.Generator, rate: float, burst: float, days: int) -> np.ndarray:
    if burst == 1:
        return chance.poisson(rate, days)
    return chance.negative_binomial(rate / (burst - 1), 1 / burst, days)


def test_measure_pace_says_nothing_when_days_or_approvals_are_too_few() -> None:
    assert measure_pace([9, 9, 9, 9]) is None
    assert measure_pace([0, 1, 0, 1, 2]) is None
    assert measure_pace([1, 1, 1, 1, 1]) is not None


def test_forecast_goal_is_a_day_within_its_intervals() -> None:
    found = forecast_goal([2] * 20, missing=20, today=MONDAY)
    assert found is not None
    assert found.likely == date(2026, 3, 13), "ten working days, today the first"
    ends = [found.earliest, found.early, found.likely, found.late, found.latest]
    known = [day for day in ends if day]
    assert (len(known), known) == (5, sorted(known))


def test_forecast_goal_ends_at_five_years() -> None:
    found = forecast_goal([1] * 5, missing=100_000, today=MONDAY)
    assert found is not None
    assert (found.likely, found.latest) == (None, None)


def test_working_day_counts_puts_a_weekend_with_its_friday() -> None:
    counts = {MONDAY: 2, date(2026, 3, 6): 1, date(2026, 3, 7): 4}
    assert working_day_counts(counts, first=MONDAY, until=date(2026, 3, 10)) == [2, 0, 0, 0, 5, 0]


def test_add_working_days_leaves_weekends_out() -> None:
    assert add_working_days(MONDAY, 4) == date(2026, 3, 6)
    assert add_working_days(MONDAY, 5) == date(2026, 3, 9)
    assert add_working_days(date(2026, 3, 7), 0) == date(2026, 3, 9)
