"""How likely each run of lines is one scene, and the best and all ways to cut an episode by that.

A scene's score is the Dirichlet-multinomial likelihood of its speakers, which favours few
speakers per scene. The sums run over five thousand lines while somebody waits, so they are done
by numpy, which is loaded with the first question and never at the start of a web process.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from curation.domain.speaker_settings import SpeakerModelSettings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

#: Scores and prices are whole multiples of 1 / GRAIN, so that sums of them are exact: what is
#: equal is a tie on every machine, which the shorter scene wins.
GRAIN = 2.0**36
NEVER = -math.inf


class LockConflictError(ValueError):
    """A gap was asked to be a boundary and no boundary at once, or is outside the episode."""


@dataclass(frozen=True, slots=True)
class Locks:
    """What people decided.

    Attributes:
        off: gaps that bear no boundary.
        floor: shape (rows + 1,), for each end the last sure boundary before it.
        ceiling: shape (rows,), for each start the first sure boundary after it.
        longest: most rows of a scene.
    """

    off: frozenset[int]
    floor: tuple[int, ...]
    ceiling: tuple[int, ...]
    longest: int


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """Scores S(i, j) of the segments of rows i..j-1.

    Attributes:
        ending: shape (rows + 1, longest); of row j the first entries are i = j-1, j-2, ...
        starting: shape (rows, longest); of row i the first entries are j = i+1, i+2, ...
    """

    rows: int
    ending: Numbers
    starting: Numbers
    locks: Locks

    def weighed(self, settings: SpeakerModelSettings) -> ScoreTable:
        """Return the scores with the settings' weight and prior of scene lengths in them."""
        if settings.weight == 1.0 and not settings.length_sd:
            return self
        prior = _length_prior(settings, longest=self.locks.longest)
        ending, starting = (
            _in_grains(settings.weight * side + prior) for side in (self.ending, self.starting)
        )
        return replace(self, ending=ending, starting=starting)

    def cut(self, *, penalty: float, bonus: Sequence[float] = ()) -> tuple[tuple[int, ...], float]:
        """Find the best scenes by dynamic programming; shorter scenes win ties."""
        import numpy as np  # noqa: PLC0415  # a web process starts without it

        prices = self._prices(penalty=penalty, temper=1.0, bonus=bonus)
        best = np.full(self.rows + 1, NEVER)  # from the last row to the first
        best[self.rows] = 0.0
        back = [0] * (self.rows + 1)
        for end, scores in self._ends():
            after = self.rows - end + 1
            values = best[after : after + len(scores)] + scores
            longer = int(values.argmax())
            best[after - 1] = values[longer] + prices[end]
            back[end] = end - 1 - longer
        boundaries = []
        start = back[self.rows]
        while start > 0:
            boundaries.append(start)
            start = back[start]
        return tuple(reversed(boundaries)), float(best[0])

    def probabilities(
        self, *, penalty: float, temper: float, bonus: Sequence[float] = ()
    ) -> tuple[float, ...]:
        """Sum over all segmentations, forward and backward, in logarithms."""
        import numpy as np  # noqa: PLC0415  # a web process starts without it

        if not self.rows:
            return ()
        prices = self._prices(penalty=penalty, temper=temper, bonus=bonus)
        is_plain = temper == 1.0
        forward = np.full(self.rows + 1, NEVER)  # from the last row to the first
        forward[self.rows] = 0.0
        for end, scores in self._ends():
            after = self.rows - end + 1
            reach = forward[after : after + len(scores)]
            whole = _log_sum(reach + (scores if is_plain else temper * scores))
            forward[after - 1] = prices[end] + whole
        forward = forward[::-1]
        backward = np.full(self.rows + 1, NEVER)
        priced = np.full(self.rows + 1, NEVER)
        backward[-1] = priced[-1] = 0.0
        ceiling, longest = self.locks.ceiling, self.locks.longest
        for start in range(self.rows - 1, -1, -1):
            size = min(longest, ceiling[start] - start)
            scores = self.starting[start, :size]
            reach = priced[start + 1 : start + 1 + size]
            backward[start] = _log_sum(reach + (scores if is_plain else temper * scores))
            priced[start] = backward[start] + prices[start]
        inner = np.exp(forward[1:-1] + backward[1:-1] - forward[-1])
        return (0.0, *np.minimum(1.0, inner).tolist())

    def _ends(self) -> Iterable[tuple[int, Numbers]]:
        """Give every end at which a scene may end, with the scores of all scenes ending there."""
        floor, longest, off = self.locks.floor, self.locks.longest, self.locks.off
        for end, scores in enumerate(self.ending):
            if end and end not in off:
                yield end, scores[: min(longest, end - floor[end])]

    def _prices(self, *, penalty: float, temper: float, bonus: Sequence[float]) -> list[float]:
        """Give what a boundary at each gap adds to the score; the end of the episode is free."""
        gaps = range(self.rows)
        prices = [
            round(temper * ((bonus[g] if bonus else 0.0) - penalty) * GRAIN) / GRAIN for g in gaps
        ]
        for gap in self.locks.off:
            prices[gap] = NEVER
        return [*prices, 0.0]


def score_table(
    speakers: Sequence[str],
    *,
    settings: SpeakerModelSettings,
    on: Collection[int] = (),
    off: Collection[int] = (),
) -> ScoreTable:
    """Score every allowed segment of an episode.

    Args:
        speakers: shape (rows,), who speaks each spoken row.
        on, off: gaps that are boundaries, or none, for sure.

    Raises:
        LockConflictError: a gap is both on and off, or is not one of 1..rows-1.
    """
    import numpy as np  # noqa: PLC0415  # a web process starts without it

    names = [speaker.strip().lower() for speaker in speakers]
    rows = len(names)
    locks = _read_locks(rows, on=on, off=off, longest=settings.longest_scene)
    base = _base_weights(names, alpha=settings.alpha)
    number = {name: n for n, name in enumerate(base)}
    who = np.array([number[name] for name in names], dtype=np.int64)
    weights = np.array([base[name] for name in names])
    said = np.zeros((len(base), rows + 1), dtype=np.int32)  # by each speaker in the rows before
    said[who, np.arange(1, rows + 1)] = 1
    said.cumsum(axis=1, out=said)
    before = said[who, np.arange(1, rows + 1)]
    ending, starting = np.zeros((rows + 1, locks.longest)), np.zeros((rows, locks.longest))
    starts = np.arange(rows)
    score = np.zeros(rows + 1)
    for length in range(1, locks.longest + 1):
        first = starts[: rows - length + 1]
        again = said[who[first], first + length] - before[first]
        score = score[1:] + (np.log(again + weights[first]) - math.log(settings.alpha + length - 1))
        ending[length:, length - 1] = score
        starting[first, length - 1] = score
    return ScoreTable(rows, _in_grains(ending), _in_grains(starting), locks)


def _in_grains(scores: Numbers) -> Numbers:
    import numpy as np  # noqa: PLC0415  # a web process starts without it

    scores *= GRAIN
    return np.divide(np.rint(scores, out=scores), GRAIN, out=scores)


def _log_sum(values: Numbers) -> float:
    import numpy as np  # noqa: PLC0415  # a web process starts without it

    top = values.max()
    if top == NEVER:
        return NEVER
    values -= top
    return float(top) + math.log(np.add.reduce(np.exp(values, out=values)))


def _length_prior(settings: SpeakerModelSettings, *, longest: int) -> Numbers:
    """Give the log-normal density of scenes of 1, 2, ... rows."""
    import numpy as np  # noqa: PLC0415  # a web process starts without it

    if not settings.length_sd:
        return np.zeros(longest)
    logs = np.log(np.arange(1, longest + 1))
    fixed = math.log(settings.length_sd * math.sqrt(2 * math.pi))
    density: Numbers = (
        -logs - fixed - (logs - settings.length_mean) ** 2 / (2 * settings.length_sd**2)
    )
    return density


def _base_weights(names: Sequence[str], *, alpha: float) -> dict[str, float]:
    """Share ``alpha`` among the speakers by how much they say in the whole episode."""
    counts = Counter(names)
    whole = len(names) + len(counts) / 2
    return {name: alpha * (count + 0.5) / whole for name, count in counts.items()}


def _read_locks(rows: int, *, on: Iterable[int], off: Iterable[int], longest: int) -> Locks:
    sure, never = frozenset(on), frozenset(off)
    if both := sorted(sure & never):
        raise LockConflictError(f"Row {both[0]} is marked both as a scene start and as none.")
    if outside := sorted(gap for gap in sure | never if not 1 <= gap < rows):
        raise LockConflictError(f"Row {outside[0]} is not inside this episode of {rows} rows.")
    floor = [0] * (rows + 1)
    for end in range(1, rows + 1):
        floor[end] = end - 1 if end - 1 in sure else floor[end - 1]
    ceiling = [rows] * (rows + 1)
    for start in range(rows - 1, -1, -1):
        ceiling[start] = start + 1 if start + 1 in sure else ceiling[start + 1]
    run = longest_run = 0
    for gap in range(1, rows):
        run = run + 1 if gap in never else 0
        longest_run = max(longest_run, run)
    most = min(max(longest, longest_run + 1), max(rows, 1))
    return Locks(off=never, floor=tuple(floor), ceiling=tuple(ceiling[:rows]), longest=most)
