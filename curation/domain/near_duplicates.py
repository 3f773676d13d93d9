"""Dialogues that say nearly the same: found, kept on one side of the split, and told."""

from collections.abc import Iterator, Sequence

from curation.domain.record_checks import Problem
from curation.enums import Severity
from curation.queries.dataset_sources import SourceDialogue
from rickproject.lib.near_duplicates import SimilarPair, find_similar


def similar_dialogues(sources: Sequence[SourceDialogue]) -> list[SimilarPair]:
    """Return the pairs of dialogues whose lines, without who says them, are nearly the same."""
    return find_similar(["\n".join(line.text for line in source.lines) for source in sources])


def join_similar(groups: Sequence[str], pairs: Sequence[SimilarPair]) -> list[str]:
    """Give the groups of similar dialogues one name, so that a split keeps them together.

    Args:
        groups: shape (n,), the group of each dialogue.

    Returns:
        Shape (n,): the name of the first group among all that hang together.
    """
    joined = {name: name for name in groups}

    def root(name: str) -> str:
        while joined[name] != name:
            joined[name] = name = joined[joined[name]]
        return name

    order = {name: at for at, name in reversed(list(enumerate(groups)))}
    for pair in pairs:
        one, other = root(groups[pair.first]), root(groups[pair.second])
        joined[max(one, other, key=order.__getitem__)] = min(one, other, key=order.__getitem__)
    return [root(name) for name in groups]


def similarity_problems(
    sources: Sequence[SourceDialogue], pairs: Sequence[SimilarPair]
) -> Iterator[Problem]:
    """Yield a finding for each dialogue that is nearly, not wholly, like an earlier one."""
    closest: dict[int, SimilarPair] = {}
    for pair in pairs:
        known = closest.get(pair.second)
        if known is None or pair.similarity > known.similarity:
            closest[pair.second] = pair
    for pair in closest.values():
        if pair.similarity < 1:
            one, other = sources[pair.second], sources[pair.first]
            text = (
                f"{one.label} says nearly the same as {other.label} "
                f"(similarity {pair.similarity:.2f}). They are on one side of the split; the model "
                "learns them twice. Return one in Review, or keep both if both are wanted."
            )
            yield Problem("near_duplicate", Severity.WARNING, text, one.pk)
