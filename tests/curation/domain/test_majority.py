"""Votes and the majority merge: slips forgiven once, ties left to people."""

from __future__ import annotations

import pytest

from curation.domain.majority import Candidate, Verdict, count_votes, merge_layers


def merged(*layers: set[int]) -> list[tuple[int, int, str]]:
    found = merge_layers(dict(enumerate(layers, start=1)))
    return [(one.gap, one.votes, one.verdict.value) for one in found]


def test_votes_count_each_annotator_once() -> None:
    assert count_votes({1: [3, 3, 5], 2: [5]}) == {3: 1, 5: 2}


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        (({5}, {5}, {5}), [(5, 3, "unanimous")]),
        (({5}, {5}, {6}), [(5, 3, "majority")]),  # a slip of one is a vote for its neighbour
        (({5}, {6}, {7}), [(5, 2, "majority"), (7, 1, "single")]),  # of equals the first takes
        (({5}, {6}), [(5, 2, "majority")]),
        (({5}, {8}), [(5, 1, "tie"), (8, 1, "tie")]),
        (({5}, {5}, {9}, {9}), [(5, 2, "tie"), (9, 2, "tie")]),
        (({5}, set(), set()), [(5, 1, "single")]),
        (({5}, {5}, set(), set(), set()), [(5, 2, "minority")]),
        (({5, 6}, {5}, {6}), [(5, 3, "majority"), (6, 1, "single")]),  # each vote is used once
        (({4, 6}, {5}, {5}), [(5, 3, "majority"), (6, 1, "single")]),
        ((set(), set()), []),
        (({7},), [(7, 1, "unanimous")]),
    ],
)
def test_merge_gives_what_was_worked_out_by_hand(
    layers: tuple[set[int], ...], expected: list[tuple[int, int, str]]
) -> None:
    assert merged(*layers) == expected


def test_marks_tell_where_each_supporter_drew_it() -> None:
    (one,) = merge_layers({1: {5}, 2: {6}, 3: {5}})
    assert one == Candidate(5, {1: 5, 2: 6, 3: 5}, 3)
    assert one.is_agreed
    assert one.is_split


def test_splits_leave_out_what_all_share_and_single_marks() -> None:
    found = merge_layers({1: {2, 9}, 2: {2, 5}, 3: {2, 5}})
    assert [(one.gap, one.is_split, one.is_agreed) for one in found] == [
        (2, False, True),
        (5, True, True),
        (9, False, False),
    ]


def test_every_verdict_is_reachable() -> None:
    verdicts = {
        Candidate(1, dict.fromkeys(range(votes), 1), of).verdict
        for of in range(1, 6)
        for votes in range(1, of + 1)
    }
    assert verdicts == set(Verdict)
