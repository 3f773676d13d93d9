"""Merge several annotators' scenes: votes per gap, slips of one row forgiven, splits listed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What the votes say about one place."""

    UNANIMOUS = "unanimous"
    MAJORITY = "majority"
    TIE = "tie"
    MINORITY = "minority"
    SINGLE = "single"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place where a scene may start.

    Attributes:
        gap: the gap most annotators marked.
        marks: the gap at which each supporting annotator drew it: ``gap`` itself or one beside it.
        annotators: number of finished annotators.
    """

    gap: int
    marks: Mapping[int, int]
    annotators: int

    @property
    def votes(self) -> int:
        """How many support it, slips of one row among them."""
        return len(self.marks)

    @property
    def verdict(self) -> Verdict:
        """What the votes say: more than half agree, exactly half is for people to decide."""
        if self.votes == self.annotators:
            exact = all(at == self.gap for at in self.marks.values())
            return Verdict.UNANIMOUS if exact else Verdict.MAJORITY
        if 2 * self.votes > self.annotators:
            return Verdict.MAJORITY
        if 2 * self.votes == self.annotators:
            return Verdict.TIE
        return Verdict.MINORITY if self.votes >= 2 else Verdict.SINGLE

    @property
    def is_agreed(self) -> bool:
        """Whether the majority lets a scene start here."""
        return self.verdict in {Verdict.UNANIMOUS, Verdict.MAJORITY}

    @property
    def is_split(self) -> bool:
        """Whether people should look: not everybody drew it, or not everybody here."""
        return self.verdict not in {Verdict.UNANIMOUS, Verdict.SINGLE}


def count_votes(layers: Mapping[int, Collection[int]]) -> Counter[int]:
    """Return how many annotators marked each gap."""
    return Counter(gap for gaps in layers.values() for gap in set(gaps))


def merge_layers(layers: Mapping[int, Collection[int]]) -> list[Candidate]:
    """Group the marks of finished layers into candidates, in the order of the script.

    Gaps are visited by votes, most first, then by number. A gap that still has a vote of its own
    takes the free votes of annotators who did not mark it but marked the gap before or after;
    each vote is used once.
    """
    votes = count_votes(layers)
    free = {who: set(gaps) for who, gaps in layers.items()}
    found = []
    for gap in sorted(votes, key=lambda one: (-votes[one], one)):
        marks = {who: gap for who in sorted(free) if gap in free[who]}
        if not marks:
            continue
        for who in sorted(free):
            if gap not in layers[who]:
                near = next((at for at in (gap - 1, gap + 1) if at in free[who]), None)
                if near is not None:
                    marks[who] = near
        for who, at in marks.items():
            free[who].discard(at)
        found.append(Candidate(gap, marks, len(layers)))
    return sorted(found, key=lambda one: one.gap)
