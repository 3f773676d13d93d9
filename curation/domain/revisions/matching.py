"""Which row of a corrected episode is which row of the episode before."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import NamedTuple

LARGEST_SQUARE = 30_000_000  # beyond it lines that are said all the time anchor nothing


class SourceRow(NamedTuple):
    """A row as it is compared: its number in the source, who speaks (normalised), the text."""

    number: int | None
    speaker: str
    text: str


class Pair(NamedTuple):
    """One row before (``old``) and after (``new``), by position; whether its words changed."""

    old: int
    new: int
    changed: bool


@dataclass(frozen=True, slots=True)
class Match:
    """Every position of both sides exactly once; pairs never cross."""

    pairs: tuple[Pair, ...]
    removed: tuple[int, ...]
    added: tuple[int, ...]


def letters_only(text: str) -> str:
    """Return a text's letters and digits without case; the text itself where it has none."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(filter(str.isalnum, folded)) or text.strip()


def match_rows(old: Sequence[SourceRow], new: Sequence[SourceRow]) -> Match:
    """Match rows by index, speaker and letters, and what lies between those by its order.

    Rows that are only written otherwise (punctuation, case) are the same; a run of rows that
    another run of the same length stands for is changed; everything else is removed or added.
    """
    pairs: list[Pair] = []
    before_old = before_new = 0
    for at_old, at_new in [*_anchors(old, new), (len(old), len(new))]:
        inside = _between(old[before_old:at_old], new[before_new:at_new])
        pairs += [Pair(a + before_old, b + before_new, changed) for a, b, changed in inside]
        if at_old < len(old):
            pairs.append(Pair(at_old, at_new, old[at_old].text != new[at_new].text))
        before_old, before_new = at_old + 1, at_new + 1
    kept_old, kept_new = {pair.old for pair in pairs}, {pair.new for pair in pairs}
    return Match(
        tuple(pairs),
        tuple(at for at in range(len(old)) if at not in kept_old),
        tuple(at for at in range(len(new)) if at not in kept_new),
    )


def _anchors(old: Sequence[SourceRow], new: Sequence[SourceRow]) -> list[tuple[int, int]]:
    """Return rows of one index, speaker and wording; an index that occurs twice anchors nothing."""
    counts = Counter(row.number for row in old), Counter(row.number for row in new)
    by_key = {(row.number, row.speaker, letters_only(row.text)): at for at, row in enumerate(new)}
    found: list[tuple[int, int]] = []
    for at, row in enumerate(old):
        if row.number is None or counts[0][row.number] > 1 or counts[1][row.number] > 1:
            continue
        at_new = by_key.get((row.number, row.speaker, letters_only(row.text)))
        if at_new is not None and (not found or at_new > found[-1][1]):
            found.append((at, at_new))
    return found


def _between(old: Sequence[SourceRow], new: Sequence[SourceRow]) -> Iterator[Pair]:
    if not old or not new:
        return
    keys = [[(row.speaker, letters_only(row.text)) for row in side] for side in (old, new)]
    large = len(old) * len(new) > LARGEST_SQUARE
    matcher = SequenceMatcher(None, keys[0], keys[1], autojunk=large)
    for tag, first, last, first_new, last_new in matcher.get_opcodes():
        if tag == "equal" or (tag == "replace" and last - first == last_new - first_new):
            for at in range(last - first):
                a, b = old[first + at], new[first_new + at]
                changed = (a.speaker, a.text) != (b.speaker, b.text)
                yield Pair(first + at, first_new + at, changed)
