"""Forecast the day on which enough dialogues will be approved: a gamma-Poisson pace.

Approvals a working day are Poisson with an unknown rate, the rate has Jeffreys' gamma prior, and
so the days until ``missing`` more approvals follow a beta-prime distribution. People approve in
bursts: where the daily counts vary more than a Poisson's, approvals count for less by that factor.
docs/explanation/forecast.md tells it in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp, lgamma, log, log1p

FEWEST_DAYS = 5
FEWEST_APPROVALS = 5
WINDOW_DAYS = 40
LONGEST_DAYS = 1300  # working days: about five years
SATURDAY = 5
PRIOR_SHAPE = 0.5  # Jeffreys' prior of a Poisson rate


@dataclass(frozen=True, slots=True)
class Pace:
    """Days still needed, at which probability; see ``days_until``.

    Attributes:
        shape: of the gamma distribution of the rate, in bursts.
        days: working days observed.
        burst: variance of a day's approvals over their mean, at least 1.
    """

    shape: float
    days: int
    burst: float

    def days_until(self, missing: int, *, probability: float) -> int | None:
        """Return the fewest working days in which ``missing`` more come with a probability.

        Returns:
            None when it would take longer than ``LONGEST_DAYS``.
        """
        if self._chance(missing, LONGEST_DAYS) < probability:
            return None
        low, high = 0, LONGEST_DAYS
        while high - low > 1:
            middle = (low + high) // 2
            if self._chance(missing, middle) < probability:
                low = middle
            else:
                high = middle
        return high

    def _chance(self, missing: int, days: int) -> float:
        share = days / (days + self.days)
        return incomplete_beta(missing / self.burst, self.shape, share)


@dataclass(frozen=True, slots=True)
class Forecast:
    """When the goal will be reached; days are None when they lie beyond five years.

    Attributes:
        per_day: approvals a working day, lately.
        likely: the day by which it is reached with an even chance.
        early, late: with four chances in five it falls between these.
        earliest, latest: with 19 chances in 20.
    """

    per_day: float
    days: int
    likely: date | None
    early: date | None
    late: date | None
    earliest: date | None
    latest: date | None


def is_working_day(day: date) -> bool:
    """Whether it is Monday to Friday; holidays are not known here."""
    return day.weekday() < SATURDAY


def working_day_counts(counts: dict[date, int], *, first: date, until: date) -> list[int]:
    """Return approvals per working day, oldest first; a weekend's count with the Friday before.

    Args:
        first: the first day that counts.
        until: the day after the last one: today, which is not over.
    """
    found: list[int] = []
    for number in range((until - first).days):
        day = first + timedelta(days=number)
        if is_working_day(day) or not found:
            found.append(counts.get(day, 0))
        else:
            found[-1] += counts.get(day, 0)
    return found[-WINDOW_DAYS:]


def measure_pace(counts: Sequence[int]) -> Pace | None:
    """Return the pace that daily counts show; None when they are too few to tell one."""
    days, total = len(counts), sum(counts)
    if days < FEWEST_DAYS or total < FEWEST_APPROVALS:
        return None
    mean = total / days
    variance = sum((count - mean) ** 2 for count in counts) / (days - 1)
    burst = max(1.0, variance / mean)
    return Pace(shape=PRIOR_SHAPE + total / burst, days=days, burst=burst)


def forecast_goal(counts: Sequence[int], *, missing: int, today: date) -> Forecast | None:
    """Forecast the day on which ``missing`` more dialogues will be approved.

    Args:
        counts: approvals per working day, the last one the latest that is over.
        missing: at least 1.

    Returns:
        None when the counts are too few.
    """
    pace = measure_pace(counts)
    if pace is None:
        return None

    def at(probability: float) -> date | None:
        days = pace.days_until(missing, probability=probability)
        return None if days is None else add_working_days(today, days - 1)

    return Forecast(
        per_day=sum(counts) / len(counts),
        days=len(counts),
        likely=at(0.5),
        early=at(0.1),
        late=at(0.9),
        earliest=at(0.025),
        latest=at(0.975),
    )


def add_working_days(day: date, number: int) -> date:
    """Return the working day that comes ``number`` after this one (0: this one or the next)."""
    while not is_working_day(day):
        day += timedelta(days=1)
    weeks, rest = divmod(number, SATURDAY)
    day += timedelta(weeks=weeks)
    for _ in range(rest):
        day += timedelta(days=3 if day.weekday() == SATURDAY - 1 else 1)
    return day


def incomplete_beta(a: float, b: float, x: float) -> float:
    """Return the regularised incomplete beta function: the chance that a Beta(a, b) is at most x.

    Source: Lentz's continued fraction, DLMF 8.17.22 (docs/sources.md).
    """
    if not 0.0 < x < 1.0:
        return 0.0 if x <= 0.0 else 1.0
    if x > (a + 1) / (a + b + 2):  # where the fraction of the other tail converges fast
        return 1.0 - _lower_tail(b, a, 1.0 - x)
    return _lower_tail(a, b, x)


def _lower_tail(a: float, b: float, x: float) -> float:
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    tiny = 1e-300
    c, d, result = 1.0, 0.0, 1.0
    for step in range(100_000):
        m = step // 2
        if step == 0:
            term = 1.0
        elif step % 2 == 0:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        else:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1.0 / ((1.0 + term * d) or tiny)
        c = (1.0 + term / c) or tiny
        result *= c * d
        if abs(c * d - 1.0) < 1e-12:
            break
    return front * (result - 1.0)
