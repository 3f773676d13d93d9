"""Nearly equal texts are found by MinHash as comparing every two of them finds them."""

import random
from itertools import combinations

import pytest

from rickproject.lib import near_duplicates
from rickproject.lib.near_duplicates import SIMILAR, SimilarPair, find_similar, shingles

WORDS = "the a moon fridge where is my portal who left it open again today nobody knows".split()  # noqa: SIM905


def jaccard(one: str, other: str) -> float:
    ours, theirs = shingles(one), shingles(other)
    return len(ours & theirs) / len(ours | theirs)


def test_find_similar_equals_comparing_every_pair() -> None:
    rnd = random.Random(7)
    texts = [" ".join(rnd.choices(WORDS, k=rnd.randint(6, 40))) for _ in range(300)]
    for _ in range(300):  # each a copy with some words changed
        words = rnd.choice(texts[:300]).split()
        for _ in range(rnd.randint(0, 4)):
            words[rnd.randrange(len(words))] = rnd.choice(WORDS)
        texts.append(" ".join(words))
    expected = {
        (i, j): value
        for i, j in combinations(range(len(texts)), 2)
        if (value := jaccard(texts[i], texts[j])) >= SIMILAR
    }
    found = find_similar(texts)
    assert len(expected) > 100
    assert {(pair.first, pair.second): pair.similarity for pair in found} == expected


def test_case_punctuation_and_blanks_do_not_count() -> None:
    assert find_similar(["Who left the portal open?", "who left -- the portal\n OPEN!"]) == [
        SimilarPair(0, 1, 1.0)
    ]


def test_texts_of_few_or_no_letters_are_compared_whole() -> None:
    assert [(p.first, p.second) for p in find_similar(["No.", "Yes.", "no", "…", "!"])] == [
        (0, 2),
        (3, 4),
    ]


def test_nothing_has_no_pairs() -> None:
    assert find_similar([]) == []


def test_texts_of_the_same_few_words_are_not_compared_each_with_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rnd = random.Random(3)
    texts = [" ".join(rnd.choices(WORDS, k=40)) for _ in range(600)]
    read: list[str] = []

    def counted(text: str) -> frozenset[str]:
        read.append(text)
        return shingles(text)

    monkeypatch.setattr(near_duplicates, "shingles", counted)
    assert find_similar(texts) == []
    assert len(read) < 2 * len(texts)
