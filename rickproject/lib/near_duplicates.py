"""Texts that are nearly the same: MinHash finds the candidates, exact similarity decides."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SHINGLE_CHARACTERS = 5
SIMILAR = 0.8
# 32 bands of 4: of two texts as similar as SIMILAR, one pair in 20 million is no candidate.
PERMUTATIONS, BANDS, SEED = 128, 32, 1
TEXTS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class SimilarPair:
    """Two texts by their places in the sequence, the earlier one first.

    Attributes:
        similarity: Jaccard's of their shingles, ``SIMILAR`` to 1.0.
    """

    first: int
    second: int
    similarity: float


def shingles(text: str) -> frozenset[str]:
    """Return every run of five characters; case, punctuation and blanks do not count."""
    heard = "".join(char if char.isalnum() else " " for char in text.casefold())
    plain = " ".join(heard.split())
    last = max(len(plain) - SHINGLE_CHARACTERS, 0)
    return frozenset(plain[at : at + SHINGLE_CHARACTERS] for at in range(last + 1))


def find_similar(texts: Sequence[str]) -> list[SimilarPair]:
    """Return the pairs of texts that are nearly the same or the same.

    Source: Broder (1997), On the resemblance and containment of documents.
    """
    found = []
    for first, second in _candidates(texts):
        one, other = shingles(texts[first]), shingles(texts[second])
        similarity = len(one & other) / len(one | other)
        if similarity >= SIMILAR:
            found.append(SimilarPair(first, second, similarity))
    return sorted(found, key=lambda pair: (pair.second, pair.first))


def _candidates(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    from rensa import RMinHash, RMinHashLSH  # noqa: PLC0415  # a web process starts without it

    index = RMinHashLSH(SIMILAR, PERMUTATIONS, BANDS)
    for start in range(0, len(texts), TEXTS_AT_ONCE):
        tokens = [sorted(shingles(text)) for text in texts[start : start + TEXTS_AT_ONCE]]
        sketches = RMinHash.from_token_sets(tokens, PERMUTATIONS, SEED)
        for place, sketch in enumerate(sketches, start):
            yield from ((earlier, place) for earlier in sorted(set(index.query(sketch))))
            index.insert(place, sketch)
