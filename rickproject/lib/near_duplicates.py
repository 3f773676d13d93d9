"""Texts that are nearly the same: MinHash finds the candidates, exact similarity decides."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

SHINGLE_CHARACTERS = 5
SIMILAR = 0.8
# 42 bands of 6: of two texts as similar as SIMILAR, one pair in 350,000 is no candidate.
PERMUTATIONS, BANDS, SEED = 252, 42, 1
# The sketches' estimate errs by 0.025 (its standard deviation at SIMILAR): eight times that.
SURELY_OTHER = SIMILAR - 0.2
TEXTS_AT_ONCE = 500
BLANK = re.compile(r"[\W_]+")


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
    plain = BLANK.sub(" ", text.casefold()).strip()
    last = max(len(plain) - SHINGLE_CHARACTERS, 0)
    return frozenset(plain[at : at + SHINGLE_CHARACTERS] for at in range(last + 1))


def find_similar(texts: Sequence[str]) -> list[SimilarPair]:
    """Return the pairs of texts that are nearly the same or the same.

    Source: Broder (1997), On the resemblance and containment of documents.
    """
    found = []
    kept = lru_cache(TEXTS_AT_ONCE)(lambda place: shingles(texts[place]))
    for first, second in _candidates(texts):
        one, other = kept(first), kept(second)
        similarity = len(one & other) / len(one | other)
        if similarity >= SIMILAR:
            found.append(SimilarPair(first, second, similarity))
    return sorted(found, key=lambda pair: (pair.second, pair.first))


def _candidates(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    from rensa import RMinHash, RMinHashLSH  # noqa: PLC0415  # a web process starts without it

    index = RMinHashLSH(SIMILAR, PERMUTATIONS, BANDS)
    sketches: list[RMinHash] = []
    for start in range(0, len(texts), TEXTS_AT_ONCE):
        tokens = [list(shingles(text)) for text in texts[start : start + TEXTS_AT_ONCE]]
        for place, sketch in enumerate(RMinHash.from_token_sets(tokens, PERMUTATIONS, SEED), start):
            for earlier in sorted(set(index.query(sketch))):
                if sketch.jaccard(sketches[earlier]) >= SURELY_OTHER:
                    yield earlier, place
            sketches.append(sketch)
            index.insert(place, sketch)
