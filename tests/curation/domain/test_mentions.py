"""@names in comments: whom they mean, and what is none."""

import pytest

from curation.domain.mentions import find_mentions, split_mentions

NAMES = ("ada", "Ben", "ben.o", "eve+x", "söze", "ada-2")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@ada look", {"ada"}),
        ("Look, @ADA!", {"ada"}),
        ("(@ben), @ben.", {"Ben"}),
        ("@ben.o. Or @ben.other", {"ben.o", "Ben"}),
        ("@eve+x and @ada-2-", {"eve+x", "ada-2"}),
        ("@Söze\n@ada", {"söze", "ada"}),
        ("ada@example.org, x@ben, https://site/@ada", set()),
        ("@ada@example.org @@ada @nobody @ @adam", set()),
    ],
)
def test_find_mentions_knows_names_in_any_case_and_no_addresses(text: str, found: set[str]) -> None:
    assert find_mentions(text, NAMES) == found


def test_find_mentions_prefers_the_name_as_it_is_written() -> None:
    assert find_mentions("@Ada", ("ada", "Ada")) == {"Ada"}
    assert find_mentions("@ada", ("ada", "Ada")) == {"ada"}


def test_split_mentions_loses_no_letter() -> None:
    text = "Hi @ada, ask @BEN. <b>@nobody</b>"
    pieces = list(split_mentions(text, NAMES))
    assert "".join(words for words, _ in pieces) == text
    assert [(words, name) for words, name in pieces if name] == [("@ada", "ada"), ("@BEN", "Ben")]
