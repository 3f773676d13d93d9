"""The words beside a suggested boundary."""

import pytest

from curation.domain.boundary_words import speaker_change


@pytest.mark.parametrize(
    ("speakers", "gap", "words"),
    [
        ("AABB", 2, "all speakers change"),
        ("ABAB", 2, "the same people speak on"),
        ("ABAC", 2, "C comes, B goes"),
        ("ABABCDE", 2, "C and 2 others come"),
        ("ABCAA", 3, "B and C go"),
        ("ABCA", 3, "B and C go"),
        (["", "A", "", "A"], 2, "the same people speak on"),
        (["", "A"], 1, "A comes"),
    ],
)
def test_speaker_change_names_who_comes_and_goes(speakers: list[str], gap: int, words: str) -> None:
    assert speaker_change(list(speakers), gap) == words
