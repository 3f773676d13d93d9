"""Cut an episode into questions that a language model can answer, and put the answers together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from curation.enums import UtteranceKind
from curation.models import Episode, Utterance
from training.domain.suggestion_prompts import Line

LINES_PER_PART = 240
OVERLAP = 40
#: Of a longer scene only the first lines are shown for its note.
LINES_PER_NOTE = 300


@dataclass(frozen=True, slots=True)
class Range:
    """Lines of one question by position, ends included.

    Attributes:
        first, last: what is shown.
        own_first, own_last: what its answer counts for; neighbours show each other's edges.
    """

    first: int
    last: int
    own_first: int
    own_last: int


def cut_into_ranges(
    count: int, *, size: int = LINES_PER_PART, overlap: int = OVERLAP
) -> list[Range]:
    """Cut ``count`` lines into ranges of about equal size that overlap.

    The middle of an overlap is where the say of one range ends and the next one's begins, so
    that every line belongs to exactly one answer, seen with lines on both sides.
    """
    if count <= 0:
        return []
    parts = 1 if count <= size else -(-(count - overlap) // (size - overlap))
    edges = [round(number * count / parts) for number in range(parts + 1)]
    half = overlap // 2
    return [
        Range(
            first=max(0, start - half),
            last=min(count, end + half) - 1,
            own_first=start,
            own_last=end - 1,
        )
        for start, end in pairwise(edges)
    ]


def lines_of(episode: Episode, *, first: int, last: int) -> list[Line]:
    """Return the episode's lines from ``first`` to ``last`` as a model is shown them."""
    rows = (
        Utterance.objects.filter(episode=episode, position__range=(first, last))
        .order_by("position")
        .values_list("position", "kind", "character__name", "text")
    )
    return [
        Line(position + 1, (name or "") if kind == UtteranceKind.SPEECH else "", text)
        for position, kind, name, text in rows
    ]


def merge_scenes(
    answers: Iterable[tuple[Range, Mapping[int, str]]],
) -> dict[int, str]:
    """Return titles by position: of each answer only what lies in the range it counts for.

    Args:
        answers: of each range the titles by line number, counted from one.
    """
    merged: dict[int, str] = {}
    for part, titles in answers:
        for number, title in titles.items():
            position = number - 1
            if position and part.own_first <= position <= part.own_last:
                merged[position] = title
    return dict(sorted(merged.items()))


def estimate_tokens(messages: Sequence[Mapping[str, str]]) -> int:
    """Return at most about how many tokens messages have: a third of their bytes, and more."""
    size = sum(len(message["content"].encode()) for message in messages)
    return size // 3 + 16 * len(messages)
