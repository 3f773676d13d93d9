"""Propose the dialogues of one agreed scene: weighted interval scheduling over its turns.

Plain values in, plain values out. Sources are in ``docs/sources.md``, "dialogue proposals".
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate

from curation.domain.dialogue_turns import ProposalSettings, ScriptLine, Turn, build_turns

FULL_CONTEXT_TURNS = 4
TIE = 1e-9
SMALL_BUDGET_TOKENS = 200


class Uncovered(StrEnum):
    """Why a line of the target character is in no proposed dialogue."""

    NO_CONTEXT = "Nobody else speaks before this line here."
    OVER_BUDGET = "This line and what it answers exceed the budget: raise it or leave lines out."
    HOLE = "Lines are missing in the source right before this line."
    TOO_LONG = "There are too many turns since another character spoke."
    NOT_WORTH = "Too short to carry a dialogue of its own: ask for more and shorter ones."


@dataclass(frozen=True, slots=True)
class ProposedDialogue:
    """A run of lines that ends on the target's line; indices into the scene, inclusive."""

    first_line: int
    last_line: int
    lines: tuple[int, ...]
    tokens: int
    weight: float


@dataclass(frozen=True, slots=True)
class UncoveredTurn:
    """A turn of the target that no dialogue holds, with the reason."""

    lines: tuple[int, ...]
    reason: Uncovered


@dataclass(frozen=True, slots=True)
class Proposal:
    """The best set of dialogues of one scene, and what it leaves out."""

    dialogues: tuple[ProposedDialogue, ...]
    uncovered: tuple[UncoveredTurn, ...]


def default_cost(budget: int) -> float:
    """Give the cost that suits a budget in tokens: small budgets need more dialogues."""
    return 0.3 if budget < SMALL_BUDGET_TOKENS else 0.6


def propose_dialogues(
    lines: Sequence[ScriptLine],
    *,
    settings: ProposalSettings,
    start_probabilities: Sequence[float] = (),
    locked: Collection[tuple[int, int]] = (),
) -> Proposal:
    """Choose the dialogues of one scene with the greatest total weight.

    Args:
        lines: the scene's utterances in order.
        settings: whose dialogues, how long, how many.
        start_probabilities: shape (lines,) or empty; chance that something new starts there.
        locked: first and last line (inclusive) of dialogues that people made; nothing is
            proposed inside them or across them, and their lines count as covered.

    Raises:
        ValueError: ``start_probabilities`` has another length than ``lines``.
    """
    if start_probabilities and len(start_probabilities) != len(lines):
        raise ValueError("one start probability a line, or none at all")
    dialogues: list[ProposedDialogue] = []
    uncovered: list[UncoveredTurn] = []
    for first, last in _stretches(len(lines), locked):
        turns = build_turns(
            lines,
            settings=settings,
            start_probabilities=start_probabilities,
            first=first,
            last=last,
        )
        chosen = schedule(turns, settings=settings)
        dialogues += [_dialogue(turns, i, j, settings=settings) for i, j in chosen]
        held = {turn for i, j in chosen for turn in range(i, j + 1)}
        uncovered += [
            UncoveredTurn(turn.lines, _reason(turns, index, settings=settings))
            for index, turn in enumerate(turns)
            if turn.is_target and index not in held
        ]
    return Proposal(tuple(dialogues), tuple(uncovered))


def weigh(turns: Sequence[Turn], first: int, last: int, *, settings: ProposalSettings) -> float:
    """Weigh the dialogue of turns ``first`` to ``last`` (inclusive); worth it when above 0."""
    gain = sum(
        turns[t].value * min(1.0, (t - first) / FULL_CONTEXT_TURNS)
        for t in range(first + 1, last + 1)
        if turns[t].is_target
    )
    return gain - settings.cost - 0.5 * (1 - turns[first].start_probability)


def schedule(turns: Sequence[Turn], *, settings: ProposalSettings) -> list[tuple[int, int]]:
    """Choose disjoint runs of turns (first, last inclusive) with the greatest total weight.

    Ties keep the shorter run, so every machine chooses the same.
    """
    values = [turn.value if turn.is_target else 0.0 for turn in turns]
    sums = [0.0, *accumulate(values)]
    best = [0.0] * (len(turns) + 1)
    back: list[int | None] = [None] * (len(turns) + 1)
    for last in range(len(turns)):
        best[last + 1] = best[last]
        for first in candidates(turns, last, settings=settings):
            near = range(first + 1, min(first + FULL_CONTEXT_TURNS - 1, last) + 1)
            discount = sum(values[t] * (1 - (t - first) / FULL_CONTEXT_TURNS) for t in near)
            opening = 0.5 * (1 - turns[first].start_probability)
            weight = sums[last + 1] - sums[first + 1] - discount - settings.cost - opening
            if weight > 0 and best[first] + weight > best[last + 1] + TIE:
                best[last + 1], back[last + 1] = best[first] + weight, first
    chosen: list[tuple[int, int]] = []
    end = len(turns)
    while end > 0:
        start = back[end]
        if start is not None:
            chosen.append((start, end - 1))
        end = end - 1 if start is None else start
    return chosen[::-1]


def candidates(turns: Sequence[Turn], last: int, *, settings: ProposalSettings) -> Iterator[int]:
    """Yield the turns, nearest first, at which a dialogue that ends on ``last`` may begin."""
    if not turns[last].is_target:
        return
    tokens = turns[last].tokens
    for first in range(last - 1, -1, -1):
        tokens += turns[first].tokens
        if (
            tokens > settings.budget
            or turns[first + 1].gap > settings.max_gap
            or last - first + 1 > settings.max_turns
        ):
            return
        if not turns[first].is_target and last - first >= settings.min_context:
            yield first


def _reason(turns: Sequence[Turn], index: int, *, settings: ProposalSettings) -> Uncovered:
    """Say why the shortest dialogue around a target turn is impossible, or not worth it."""
    tokens = turns[index].tokens
    for first in range(index - 1, -1, -1):
        tokens += turns[first].tokens
        if turns[first + 1].gap > settings.max_gap:
            return Uncovered.HOLE
        if tokens > settings.budget:
            return Uncovered.OVER_BUDGET
        if index - first + 1 > settings.max_turns:
            return Uncovered.TOO_LONG
        if not turns[first].is_target and index - first >= settings.min_context:
            return Uncovered.NOT_WORTH
    return Uncovered.NO_CONTEXT


def _stretches(count: int, locked: Collection[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the runs of free lines between locked dialogues, ends inclusive."""
    free = 0
    for first, last in sorted(locked):
        if first > free:
            yield free, first - 1
        free = max(free, last + 1)
    if free < count:
        yield free, count - 1


def _dialogue(
    turns: Sequence[Turn], first: int, last: int, *, settings: ProposalSettings
) -> ProposedDialogue:
    lines = tuple(line for turn in turns[first : last + 1] for line in turn.lines)
    return ProposedDialogue(
        first_line=lines[0],
        last_line=lines[-1],
        lines=lines,
        tokens=sum(turn.tokens for turn in turns[first : last + 1]),
        weight=weigh(turns, first, last, settings=settings),
    )
