"""Dialogue proposals: the printed oracle, edge cases, and every choice of random scenes."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import pytest

from curation.domain.dialogue_proposals import (
    Uncovered,
    candidates,
    default_cost,
    propose_dialogues,
    schedule,
    weigh,
)
from curation.domain.dialogue_turns import (
    ProposalSettings,
    ScriptLine,
    Turn,
    build_turns,
    spoken_text,
)

RICK = ProposalSettings(targets=frozenset({"rick"}))


def say(speaker: str, text: str, missing: int = 0, kind: str = "speech") -> ScriptLine:
    return ScriptLine(speaker, text, missing, len(spoken_text(text).split()), kind)


SCENE = [
    say("Morty", "Where are we going?"),
    say("Rick", "To the garage."),
    say("Rick", "Now."),
    say("Beth", "Dad, dinner is ready."),
    say("Morty", "(shouting) Mom!"),
    say("Rick", "No dinner."),
    say("Jerry", "[sighs]"),
    say("Jerry", "He always does this.", 6),
    say("Morty", "Can I go?"),
    say("Rick", "You can go."),
    say("Beth", "Jerry!"),
]


def test_build_turns_gives_the_oracle() -> None:
    turns = build_turns(SCENE, settings=RICK)
    assert [turn.tokens for turn in turns] == [7, 7, 7, 4, 5, 7, 6, 6, 4]
    assert [turn.gap for turn in turns] == [0, 0, 0, 0, 0, 6, 0, 0, 0]
    assert [turn.is_target for turn in turns] == [n in {1, 4, 7} for n in range(9)]
    assert turns[1].lines == (1, 2)
    assert turns[4].value == pytest.approx(0.52)


def test_propose_dialogues_gives_the_oracle() -> None:
    turns = build_turns(SCENE, settings=RICK)
    assert weigh(turns, 0, 4, settings=RICK) == pytest.approx(0.062)
    found = propose_dialogues(SCENE, settings=RICK)
    (only,) = found.dialogues
    assert (only.first_line, only.last_line, only.tokens) == (0, 5, 30)
    assert only.lines == (0, 1, 2, 3, 4, 5)
    assert only.weight == pytest.approx(0.062)
    assert [(u.lines, u.reason) for u in found.uncovered] == [((9,), Uncovered.NOT_WORTH)]


def test_propose_dialogues_crosses_the_hole_when_it_may() -> None:
    wide = replace(RICK, max_gap=6)
    found = propose_dialogues(SCENE, settings=wide)
    assert [(d.first_line, d.last_line) for d in found.dialogues] == [(0, 9)]
    assert found.dialogues[0].weight == pytest.approx(0.606)
    assert found.uncovered == ()


def test_propose_dialogues_finds_nothing_within_a_tiny_budget() -> None:
    found = propose_dialogues(SCENE, settings=replace(RICK, budget=14))
    assert found.dialogues == ()
    assert len(found.uncovered) == 3


def test_every_other_legal_weight_of_the_oracle_is_negative() -> None:
    turns = build_turns(SCENE, settings=RICK)
    worth = [
        (first, last)
        for last in range(len(turns))
        for first in candidates(turns, last, settings=RICK)
        if weigh(turns, first, last, settings=RICK) > 0
    ]
    assert worth == [(0, 4)]


LONG = "one two three four five six seven eight nine ten " * 3


def test_a_target_that_speaks_first_is_skipped() -> None:
    scene = [say("Rick", LONG), *SCENE[:6]]
    found = propose_dialogues(scene, settings=RICK)
    assert found.uncovered[0].lines == (0,)
    assert found.uncovered[0].reason == Uncovered.NO_CONTEXT


def test_a_monologue_has_no_candidate() -> None:
    found = propose_dialogues([say("Rick", LONG), say("RICK ", LONG)], settings=RICK)
    assert found.dialogues == ()
    assert [(u.lines, u.reason) for u in found.uncovered] == [((0, 1), Uncovered.NO_CONTEXT)]


def test_a_target_turn_over_the_budget_says_so() -> None:
    scene = [say("Beth", "Why?"), say("Rick", LONG)]
    found = propose_dialogues(scene, settings=replace(RICK, budget=30))
    assert [u.reason for u in found.uncovered] == [Uncovered.OVER_BUDGET]


def test_a_hole_right_before_the_target_says_so() -> None:
    found = propose_dialogues([say("Beth", "Why?"), say("Rick", LONG, 4)], settings=RICK)
    assert [u.reason for u in found.uncovered] == [Uncovered.HOLE]


def test_too_many_turns_says_so() -> None:
    aliases = replace(RICK, targets=frozenset({"rick", "pickle rick"}), max_turns=3)
    names = ["Beth", "Rick", "Pickle Rick", "Rick"]
    found = propose_dialogues([say(name, "Yes.") for name in names], settings=aliases)
    assert [u.reason for u in found.uncovered] == [
        Uncovered.NOT_WORTH,
        Uncovered.NOT_WORTH,
        Uncovered.TOO_LONG,
    ]


def test_a_lone_target_is_proposed_only_at_the_scene_start_with_context() -> None:
    opening = [say(name, "Well then.") for name in ("Beth", "Jerry", "Beth")]
    scene = [*opening, say("Rick", LONG)]
    assert len(propose_dialogues(scene, settings=RICK).dialogues) == 1
    assert propose_dialogues(scene[1:], settings=RICK).dialogues == ()
    later = [say("Rick", "Hm."), *scene]
    assert propose_dialogues(later, settings=RICK).dialogues == ()
    known = [0.0, 1.0, 0.0, 0.0, 0.0]
    assert len(propose_dialogues(later, settings=RICK, start_probabilities=known).dialogues) == 1


def test_lines_of_one_speaker_join_across_one_missing_row_only() -> None:
    def turns(missing: int) -> int:
        lines = [say("Rick", "A b."), say("rick", "C d.", missing)]
        return len(build_turns(lines, settings=RICK))

    assert [turns(missing) for missing in (0, 1, 2)] == [1, 1, 2]


def test_holes_before_skipped_lines_count_for_the_next_line() -> None:
    lines = [say("Beth", "Why?"), say("Beth", "[leaves]", 2), say("Rick", "So.", 2)]
    assert [turn.gap for turn in build_turns(lines, settings=RICK)] == [0, 4]


def test_directions_and_wordless_lines_are_said_by_nobody() -> None:
    lines = [
        say("", "[Night.]", 5),
        say("Beth", "..."),
        say("Beth", "Go."),
        say("Rick", "He waves.", kind="direction"),
        say("Rick", "*waves* (quietly)"),
        say("Rick", "Yes."),
    ]
    turns = build_turns(lines, settings=RICK)
    assert [turn.lines for turn in turns] == [(2,), (5,)]
    assert turns[0].gap == 0
    assert turns[0].start_probability == 1.0
    kept = build_turns(lines, settings=replace(RICK, remove_directions=False))
    assert [turn.lines for turn in kept] == [(0,), (2,), (4, 5)]


def test_joint_labels_are_context_unless_the_project_says_otherwise() -> None:
    for label in ("Rick & Morty", "#rick #morty", "Morty and Rick", "Rick, Beth"):
        lines = [say("Beth", "Why?"), say(label, "So.")]
        assert not build_turns(lines, settings=RICK)[1].is_target
        hash_too = replace(RICK, targets=frozenset({"Rick", "#rick"}), joint_is_target=True)
        assert build_turns(lines, settings=hash_too)[1].is_target
    assert not build_turns([say("Erick & Anders", "Hi.")], settings=hash_too)[0].is_target


def test_locked_dialogues_stay_and_nothing_crosses_them() -> None:
    pair = [say("Beth", LONG), say("Rick", LONG), say("Beth", LONG), say("Rick", LONG)]
    scene = pair * 4
    cheap = replace(RICK, cost=0.0)
    found = propose_dialogues(scene, settings=cheap, locked=[(6, 9)])
    held = {line for d in found.dialogues for line in range(d.first_line, d.last_line + 1)}
    assert found.dialogues
    assert not held & {6, 7, 8, 9}
    assert all(d.last_line < 6 or d.first_line > 9 for d in found.dialogues)
    assert not {line for u in found.uncovered for line in u.lines} & {6, 7, 8, 9}
    whole = propose_dialogues(scene, settings=cheap, locked=[(0, 15)])
    assert whole.dialogues == ()
    assert whole.uncovered == ()


def test_a_dialogue_after_a_locked_one_does_not_count_as_a_scene_start() -> None:
    scene = [say("Beth", LONG), say("Rick", LONG), *(say(n, LONG) for n in "ABA"), SCENE[5]]
    turns = build_turns(scene, settings=RICK, first=2)
    assert turns[0].start_probability == 0.0


def test_default_cost_is_lower_for_small_budgets() -> None:
    assert (default_cost(128), default_cost(200), default_cost(512)) == (0.3, 0.6, 0.6)


def test_propose_dialogues_refuses_probabilities_of_another_length() -> None:
    with pytest.raises(ValueError, match="one start probability"):
        propose_dialogues(SCENE, settings=RICK, start_probabilities=[0.5])


def best_total(turns: list[Turn], *, settings: ProposalSettings) -> float:
    """Try every set of disjoint runs, by the rules as they are written and no shortcut."""

    def legal(first: int, last: int) -> bool:
        run = turns[first : last + 1]
        return (
            turns[last].is_target
            and not turns[first].is_target
            and last - first >= settings.min_context
            and sum(turn.tokens for turn in run) <= settings.budget
            and all(turn.gap <= settings.max_gap for turn in run[1:])
            and len(run) <= settings.max_turns
        )

    def best(start: int) -> float:
        if start >= len(turns):
            return 0.0
        totals = [best(start + 1)]
        for last in range(start + 1, len(turns)):
            if legal(start, last):
                weight = weigh(turns, start, last, settings=settings)
                if weight > 0:
                    totals.append(weight + best(last + 1))
        return max(totals)

    return best(0)


@pytest.mark.parametrize("block", range(20))
def test_schedule_is_as_good_as_every_choice_of_random_scenes(block: int) -> None:
    rnd = random.Random(block)
    for _ in range(40):
        settings = replace(
            RICK,
            budget=rnd.choice([40, 90, 512]),
            cost=rnd.choice([0.0, 0.3, 0.6]),
            max_gap=rnd.choice([0, 3]),
            max_turns=rnd.choice([4, 40]),
            min_context=rnd.choice([1, 2]),
        )
        lines = [
            ScriptLine(
                speaker=rnd.choice(["Rick", "Rick", "Beth", "Jerry"]),
                text="word",
                missing_before=rnd.choice([0, 0, 0, 1, 5]),
                tokens=rnd.randint(1, 30),
            )
            for _ in range(rnd.randint(1, 12))
        ]
        starts = [rnd.choice([0.0, 0.4, 0.9]) for _ in lines]
        turns = build_turns(lines, settings=settings, start_probabilities=starts)
        chosen = schedule(turns, settings=settings)
        total = sum(weigh(turns, i, j, settings=settings) for i, j in chosen)
        assert total == pytest.approx(best_total(turns, settings=settings), abs=1e-9)
        assert all(a[1] < b[0] for a, b in itertools.pairwise(chosen))
