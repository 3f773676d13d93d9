"""Two texts compared word by word."""

import pytest

from rickproject.lib.word_diff import LONGEST_CHARACTERS, compare_words


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("", "", []),
        ("Same.", "Same.", [("same", "Same.")]),
        ("", "New.", [("new", "New.")]),
        (
            "Who moved the moon?",
            "Who ate the moon!",
            [("same", "Who "), ("gone", "moved"), ("new", "ate"), ("same", " the moon"),
             ("gone", "?"), ("new", "!")],
        ),
        ("çá ab", "çá", [("same", "çá"), ("gone", " ab")]),
    ],
)  # fmt: skip
def test_compare_words_says_what_went_and_what_came(
    old: str, new: str, found: list[tuple[str, str]]
) -> None:
    assert compare_words(old, new) == found


def test_compare_words_rebuilds_both_texts_and_gives_up_on_books() -> None:
    old, new = "a b  c\nd, e.", "b c\nd; f e. g"
    found = compare_words(old, new)
    assert "".join(text for kind, text in found if kind != "new") == old
    assert "".join(text for kind, text in found if kind != "gone") == new
    book = "x " * LONGEST_CHARACTERS
    assert compare_words(book, "y") == [("gone", book), ("new", "y")]
