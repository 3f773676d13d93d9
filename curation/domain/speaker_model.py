"""Suggest scenes from who speaks: every scene draws its speakers from its own distribution.

A scene's score is the Dirichlet-multinomial likelihood of its speakers, which favours few
speakers per scene. Plain Python on purpose: no key, no network, no training, nothing heavy to
import in a web process. See ``docs/sources.md``, "speaker model".
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

#: A longer scene replaces a shorter one only when it is better by more than this, so that the
#: rounding of one machine's logarithm never decides.
TIE = 1e-9
PENALTY_RANGE = (-8.0, 30.0)
BISECTION_STEPS = 18
NEVER = -math.inf


class LockConflictError(ValueError):
    """A gap was asked to be a boundary and no boundary at once, or is outside the episode."""


@dataclass(frozen=True, slots=True)
class SpeakerModelSettings:
    """How the model cuts.

    Attributes:
        alpha: concentration, above 0; small values favour scenes of few speakers.
        penalty: price of one boundary in nats; more means fewer scenes.
        longest_scene: most rows of one suggested scene.
        temper: factor on scores and prices of the probabilities; 1 takes them as they are.
        weight: factor on what the speakers say, against the prior of scene lengths.
        length_mean, length_sd: mean and deviation of the logarithm of a scene's rows, learned
            from agreed episodes; a deviation of 0 is no prior.
    """

    alpha: float = 3.0
    penalty: float = 3.0
    longest_scene: int = 160
    temper: float = 1.0
    weight: float = 1.0
    length_mean: float = 0.0
    length_sd: float = 0.0


DEFAULT_SETTINGS = SpeakerModelSettings()


@dataclass(frozen=True, slots=True)
class SceneSuggestion:
    """One answer of the model.

    Attributes:
        boundaries: ascending gaps; gap g lies before row g, 1 <= g < rows.
        probabilities: shape (rows,), chance of a boundary before each row; 0.0 for row 0.
        score: log score of the suggested scenes, prices included.
        penalty: the price that was used (found by bisection when a count was asked for).
    """

    boundaries: tuple[int, ...]
    probabilities: tuple[float, ...]
    score: float
    penalty: float

    @property
    def scenes(self) -> int:
        """Number of suggested scenes."""
        return len(self.boundaries) + 1 if self.probabilities else 0


@dataclass(frozen=True, slots=True)
class _Locks:
    """What people decided: ``off`` gaps bear no boundary, ``floor[j]`` is the last sure one < j."""

    off: frozenset[int]
    floor: tuple[int, ...]
    longest: int


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
    return table.suggest(settings=settings, bonus=bonus)


def suggest_about(
    speakers: Sequence[str],
    *,
    scenes: int,
    settings: SpeakerModelSettings = DEFAULT_SETTINGS,
    on: Collection[int] = (),
    off: Collection[int] = (),
) -> SceneSuggestion:
    """Cut one episode into about so many scenes, by bisecting the penalty.

    Counts fall as the penalty rises, but not every count can be reached: read the count found
    from the answer. Arguments and errors as in :func:`suggest_boundaries`.
    """
    table = score_table(speakers, settings=settings, on=on, off=off).weighed(settings)
    low, high = PENALTY_RANGE
    nearest: tuple[int, float] | None = None
    for _ in range(BISECTION_STEPS):
        penalty = (low + high) / 2
        count = len(table.cut(penalty=penalty)[0]) + 1
        if nearest is None or abs(count - scenes) < nearest[0]:
            nearest = (abs(count - scenes), penalty)
        if count == scenes:
            break
        if count > scenes:
            low = penalty
        else:
            high = penalty
    assert nearest is not None  # noqa: S101  (the loop runs at least once)
    return table.suggest(settings=replace(settings, penalty=nearest[1]))


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """Scores S(i, j) of all allowed segments of rows i..j-1.

    ``ending[j]`` lists i = j-1, j-2, ...; ``starting[i]`` lists j = i+1, i+2, ...
    """

    rows: int
    ending: list[list[float]]
    starting: list[list[float]]
    off: frozenset[int]

    def weighed(self, settings: SpeakerModelSettings) -> ScoreTable:
        """Return the scores with the settings' weight and prior of scene lengths in them."""
        if settings.weight == 1.0 and not settings.length_sd:
            return self
        longest = max((len(column) for column in self.ending), default=0)
        prior = _length_prior(settings, longest=max(longest, *map(len, self.starting), 1))
        weight = settings.weight
        ending, starting = (
            [
                [weight * score + chance for score, chance in zip(column, prior, strict=False)]
                for column in side
            ]
            for side in (self.ending, self.starting)
        )
        return replace(self, ending=ending, starting=starting)

    def suggest(
        self, *, settings: SpeakerModelSettings, bonus: Sequence[float] = ()
    ) -> SceneSuggestion:
        boundaries, score = self.cut(penalty=settings.penalty, bonus=bonus)
        probabilities = self.probabilities(
            penalty=settings.penalty, temper=settings.temper, bonus=bonus
        )
        return SceneSuggestion(
            boundaries=boundaries,
            probabilities=probabilities,
            score=score,
            penalty=settings.penalty,
        )

    def cut(self, *, penalty: float, bonus: Sequence[float] = ()) -> tuple[tuple[int, ...], float]:
        """Find the best scenes by dynamic programming; shorter scenes win ties."""
        prices = self._prices(penalty=penalty, temper=1.0, bonus=bonus)
        best = [0.0] + [NEVER] * self.rows
        back = [0] * (self.rows + 1)
        for end in range(1, self.rows + 1):
            if end in self.off:
                continue
            top, threshold, start, chosen = NEVER, NEVER, end, end - 1
            for score in self.ending[end]:
                start -= 1
                value = best[start] + score
                if value > threshold:
                    top, threshold, chosen = value, value + TIE, start
            best[end], back[end] = top + prices[end], chosen
        boundaries = []
        start = back[self.rows]
        while start > 0:
            boundaries.append(start)
            start = back[start]
        return tuple(reversed(boundaries)), best[self.rows]

    def probabilities(
        self, *, penalty: float, temper: float, bonus: Sequence[float] = ()
    ) -> tuple[float, ...]:
        """Sum over all segmentations, forward and backward, in logarithms."""
        if not self.rows:
            return ()
        prices = self._prices(penalty=penalty, temper=temper, bonus=bonus)
        forward = [0.0] + [NEVER] * self.rows
        for end in range(1, self.rows + 1):
            if end not in self.off:
                scores = self.ending[end]
                reach = forward[end - len(scores) : end][::-1]
                forward[end] = prices[end] + _log_sum(reach, scores, temper)
        backward = [NEVER] * self.rows + [0.0]
        priced = [NEVER] * self.rows + [0.0]
        for start in range(self.rows - 1, -1, -1):
            scores = self.starting[start]
            reach = priced[start + 1 : start + 1 + len(scores)]
            backward[start] = _log_sum(reach, scores, temper)
            priced[start] = backward[start] + prices[start]
        whole = forward[self.rows]
        inner = (math.exp(forward[g] + backward[g] - whole) for g in range(1, self.rows))
        return (0.0, *(min(1.0, chance) for chance in inner))

    def _prices(self, *, penalty: float, temper: float, bonus: Sequence[float]) -> list[float]:
        """Give what a boundary at each gap adds to the score; the end of the episode is free."""
        gaps = range(self.rows)
        prices = [temper * ((bonus[g] if bonus else 0.0) - penalty) for g in gaps]
        for gap in self.off:
            prices[gap] = NEVER
        return [*prices, 0.0]


def _log_sum(reach: list[float], scores: list[float], temper: float) -> float:
    if temper != 1.0:
        scores = [temper * score for score in scores]
    values = [left + right for left, right in zip(reach, scores, strict=True)]
    top = max(values)
    if top == NEVER:
        return NEVER
    return top + math.log(math.fsum(math.exp(value - top) for value in values))


def score_table(
    speakers: Sequence[str],
    *,
    settings: SpeakerModelSettings,
    on: Collection[int] = (),
    off: Collection[int] = (),
) -> ScoreTable:
    """Score every allowed segment of an episode; arguments as in :func:`suggest_boundaries`."""
    names = [speaker.strip().lower() for speaker in speakers]
    rows = len(names)
    locks = _read_locks(rows, on=on, off=off, longest=settings.longest_scene)
    base = _base_weights(names, alpha=settings.alpha)
    totals = [math.log(settings.alpha + t) for t in range(locks.longest)]
    known: dict[str, list[float]] = {name: [] for name in base}
    ending: list[list[float]] = [[]]
    starting: list[list[float]] = [[] for _ in names]
    for end in range(1, rows + 1):
        lowest = max(locks.floor[end], end - locks.longest)
        counts = dict.fromkeys(base, 0)
        score, column = 0.0, []
        for taken, start in enumerate(range(end - 1, lowest - 1, -1)):
            name = names[start]
            count = counts[name]
            counts[name] = count + 1
            logs = known[name]
            if count == len(logs):
                logs.append(math.log(count + base[name]))
            score += logs[count] - totals[taken]
            column.append(score)
            starting[start].append(score)
        ending.append(column)
    return ScoreTable(rows=rows, ending=ending, starting=starting, off=locks.off)


def _length_prior(settings: SpeakerModelSettings, *, longest: int) -> list[float]:
    """Give the log-normal density of scenes of 1, 2, ... rows."""
    if not settings.length_sd:
        return [0.0] * longest
    fixed = math.log(settings.length_sd * math.sqrt(2 * math.pi))
    return [
        -math.log(rows)
        - fixed
        - (math.log(rows) - settings.length_mean) ** 2 / (2 * settings.length_sd**2)
        for rows in range(1, longest + 1)
    ]


def _base_weights(names: Sequence[str], *, alpha: float) -> dict[str, float]:
    """Share ``alpha`` among the speakers by how much they say in the whole episode."""
    counts = Counter(names)
    whole = len(names) + len(counts) / 2
    return {name: alpha * (count + 0.5) / whole for name, count in counts.items()}


def _read_locks(rows: int, *, on: Iterable[int], off: Iterable[int], longest: int) -> _Locks:
    sure, never = frozenset(on), frozenset(off)
    if both := sorted(sure & never):
        raise LockConflictError(f"Row {both[0]} is marked both as a scene start and as none.")
    if outside := sorted(gap for gap in sure | never if not 1 <= gap < rows):
        raise LockConflictError(f"Row {outside[0]} is not inside this episode of {rows} rows.")
    floor = [0] * (rows + 1)
    for end in range(1, rows + 1):
        floor[end] = end - 1 if end - 1 in sure else floor[end - 1]
    run = longest_run = 0
    for gap in range(1, rows):
        run = run + 1 if gap in never else 0
        longest_run = max(longest_run, run)
    return _Locks(
        off=never, floor=tuple(floor), longest=min(max(longest, longest_run + 1), max(rows, 1))
    )
