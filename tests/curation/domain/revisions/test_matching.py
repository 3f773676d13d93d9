import random

import pytest

from curation.domain.revisions.matching import Match, Pair, SourceRow, letters_only, match_rows


def rows(*words: str, first: int | None = None) -> list[SourceRow]:
    """Rows "speaker:text", with an index from ``first`` on if it is given."""
    return [
        SourceRow(None if first is None else first + at, *word.split(":"))
        for at, word in enumerate(words)
    ]


@pytest.mark.parametrize("first", [None, 7])
def test_match_rows_keeps_what_is_only_written_otherwise(first: int | None) -> None:
    old = rows("pip:Who moved it?", "vex:Not me...", first=first)
    new = rows("pip:Who moved it?", "vex:Not me…", first=first)
    assert match_rows(old, new) == Match((Pair(0, 0, False), Pair(1, 1, True)), (), ())


@pytest.mark.parametrize("first", [None, 0])
def test_match_rows_finds_new_and_removed_rows(first: int | None) -> None:
    old = rows("a:one", "b:two", "a:three", "b:four", first=first)
    new = rows("a:one", "c:new", "b:two", "b:four", first=first)
    assert match_rows(old, new) == Match(
        (Pair(0, 0, False), Pair(1, 2, False), Pair(3, 3, False)), (2,), (1,)
    )


def test_match_rows_pairs_changed_words_at_one_place() -> None:
    old = rows("a:one", "b:two", "a:three", first=0)
    new = rows("a:one", "b:too many", "a:three", first=0)
    assert match_rows(old, new).pairs[1] == Pair(1, 1, True)
    new = rows("a:one", "c:two", "a:three", first=0)
    assert match_rows(old, new).pairs[1] == Pair(1, 1, True)


def test_match_rows_keeps_repeated_lines_in_their_order() -> None:
    old = rows("a:no", "a:no", "b:yes", "a:no")
    new = rows("a:no", "b:yes", "a:no")
    match = match_rows(old, new)
    assert len(match.pairs) == 3
    assert (len(match.removed), match.added) == (1, ())


def test_match_rows_names_every_row_once_and_crosses_nothing() -> None:
    chance = random.Random(5)
    for _ in range(300):
        words = [f"{chance.choice('ab')}:{chance.choice('uvwx')}" for _ in range(12)]
        old = rows(*words, first=0)
        kept = [row for row in old if chance.random() < 0.8]
        new = [
            row._replace(text=chance.choice("uvwx!")) if chance.random() < 0.2 else row
            for row in kept
        ]
        if chance.random() < 0.5:
            new = [row._replace(number=None) for row in new]
        match = match_rows(old, new)
        assert sorted([p.old for p in match.pairs] + list(match.removed)) == list(range(len(old)))
        assert sorted([p.new for p in match.pairs] + list(match.added)) == list(range(len(new)))
        assert [p.new for p in match.pairs] == sorted(p.new for p in match.pairs)
        assert [p.old for p in match.pairs] == sorted(p.old for p in match.pairs)


def test_letters_only_keeps_signs_where_there_is_nothing_else() -> None:
    assert letters_only("“Naïve”—ﬁne, 2!") == "naïvefine2"
    assert letters_only(" … ") == "…"
