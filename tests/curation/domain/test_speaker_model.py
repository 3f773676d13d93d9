"""The speaker model against its printed oracles and against all segmentations of small scenes."""

from __future__ import annotations

import itertools
import math
import random
import time

import pytest

from curation.domain.speaker_model import (
    LockConflictError,
    SpeakerModelSettings,
    suggest_about,
    suggest_boundaries,
)

FIRST = list("ABABCDCD")
SECOND = list("RMRMRMBJBJBJRMRM")


def price(penalty: float) -> SpeakerModelSettings:
    return SpeakerModelSettings(penalty=penalty)


def segment_score(names: list[str], start: int, end: int, *, alpha: float) -> float:
    """S(i, j) straight from its closed form with log-gamma."""
    kinds = sorted(set(names))
    base = {k: alpha * (names.count(k) + 0.5) / (len(names) + len(kinds) / 2) for k in kinds}
    score = math.lgamma(alpha) - math.lgamma(alpha + end - start)
    for k in kinds:
        score += math.lgamma(base[k] + names[start:end].count(k)) - math.lgamma(base[k])
    return score


def brute_force(
    names: list[str], *, settings: SpeakerModelSettings, on: set[int], off: set[int]
) -> tuple[float, list[float], dict[tuple[int, ...], float]]:
    rows = len(names)
    scores: dict[tuple[int, ...], float] = {}
    for marks in itertools.product((False, True), repeat=rows - 1):
        gaps = tuple(g for g, mark in enumerate(marks, start=1) if mark)
        cuts = [0, *gaps, rows]
        lengths = [b - a for a, b in itertools.pairwise(cuts)]
        if not on <= set(gaps) or off & set(gaps) or max(lengths) > settings.longest_scene:
            continue
        scores[gaps] = sum(
            segment_score(names, a, b, alpha=settings.alpha) for a, b in itertools.pairwise(cuts)
        ) - settings.penalty * len(gaps)
    weights = {gaps: math.exp(settings.temper * score) for gaps, score in scores.items()}
    whole = sum(weights.values())
    chances = [sum(w for gaps, w in weights.items() if g in gaps) / whole for g in range(rows)]
    return max(scores.values()), chances, scores


def test_segment_scores_are_those_of_the_first_oracle() -> None:
    assert segment_score(FIRST, 0, 2, alpha=3) == pytest.approx(-3.0603, abs=5e-5)
    assert segment_score(FIRST, 0, 4, alpha=3) == pytest.approx(-5.3422, abs=5e-5)
    assert suggest_boundaries(FIRST).score == pytest.approx(-13.3235, abs=5e-5)


def test_suggest_boundaries_gives_the_first_oracle() -> None:
    default = suggest_boundaries(FIRST)
    assert default.boundaries == ()
    assert default.scenes == 1
    assert default.probabilities[4] == pytest.approx(0.3099, abs=5e-5)
    assert sum(default.probabilities) == pytest.approx(0.7571, abs=5e-5)
    cheap = suggest_boundaries(FIRST, settings=price(1))
    assert cheap.boundaries == (4,)
    assert cheap.score == pytest.approx(-11.6845, abs=5e-5)
    expected = [0, 0.2601, 0.2083, 0.3388, 0.5494, 0.3388, 0.2083, 0.2601]
    assert cheap.probabilities == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize(
    ("penalty", "on", "off", "boundaries", "score", "chances"),
    [
        (3, [], [], (), -24.7793, {6: 0.3491, 12: 0.2744}),
        (2, [], [], (6, 12), -23.5746, {6: 0.5293, 12: 0.4719}),
        (1, [], [], (6, 12), -21.5746, {}),
        (1, [], [6], (5, 12), -22.8498, {5: 0.5091, 6: 0}),
        (1, [3], [], (3, 6, 12), -23.1667, {3: 1, 6: 0.5635}),
    ],
)
def test_suggest_boundaries_gives_the_second_oracle(
    penalty: float,
    on: list[int],
    off: list[int],
    boundaries: tuple[int, ...],
    score: float,
    chances: dict[int, float],
) -> None:
    found = suggest_boundaries(SECOND, settings=price(penalty), on=on, off=off)
    assert found.boundaries == boundaries
    assert found.score == pytest.approx(score, abs=5e-5)
    for gap, chance in chances.items():
        assert found.probabilities[gap] == pytest.approx(chance, abs=5e-5)


def test_suggest_about_tells_the_count_it_found() -> None:
    assert suggest_about(SECOND, scenes=4).scenes == 3
    assert suggest_about(SECOND, scenes=6).boundaries == (6, 12, 13, 14, 15)


@pytest.mark.parametrize("seed", range(40))
def test_suggest_boundaries_agrees_with_all_segmentations(seed: int) -> None:
    rnd = random.Random(seed)
    rows = rnd.randint(2, 9)
    names = [rnd.choice("ABCD"[: rnd.randint(1, 4)]) for _ in range(rows)]
    locks = {gap: rnd.choice(["on", "off", "", "", ""]) for gap in range(1, rows)}
    on = {gap for gap, lock in locks.items() if lock == "on"}
    off = {gap for gap, lock in locks.items() if lock == "off"}
    settings = SpeakerModelSettings(
        alpha=rnd.choice([0.5, 1, 3]),
        penalty=rnd.choice([-1, 0.3, 1, 3]),
        longest_scene=rnd.choice([3, 160]),
        temper=rnd.choice([1, 0.5]),
    )
    run = longest_run = 0
    for gap in range(1, rows):
        run = run + 1 if gap in off else 0
        longest_run = max(longest_run, run)
    raised = SpeakerModelSettings(
        alpha=settings.alpha,
        penalty=settings.penalty,
        longest_scene=max(settings.longest_scene, longest_run + 1),
        temper=settings.temper,
    )
    best, chances, scores = brute_force(names, settings=raised, on=on, off=off)
    found = suggest_boundaries(names, settings=settings, on=on, off=off)
    assert found.score == pytest.approx(best, abs=1e-9)
    assert scores[found.boundaries] == pytest.approx(best, abs=1e-9)
    assert found.probabilities == pytest.approx(chances, abs=1e-9)


def test_suggest_boundaries_adds_a_bonus_to_its_gap() -> None:
    bonus = [0.0] * 16
    bonus[3] = 20.0
    assert 3 in suggest_boundaries(SECOND, bonus=bonus).boundaries


def test_suggest_boundaries_folds_case_and_blanks_of_speakers() -> None:
    spelled = [" a ", "B", "A", "b", "c", "D ", "C", "d"]
    assert suggest_boundaries(spelled, settings=price(1)) == suggest_boundaries(
        FIRST, settings=price(1)
    )


@pytest.mark.parametrize(("rows", "chances"), [(0, ()), (1, (0.0,))])
def test_suggest_boundaries_finds_nothing_in_almost_nothing(
    rows: int, chances: tuple[float, ...]
) -> None:
    found = suggest_boundaries(["A"] * rows)
    assert (found.boundaries, found.probabilities, found.scenes) == ((), chances, rows)
    assert suggest_about(["A"] * rows, scenes=4).boundaries == ()


def test_suggest_boundaries_refuses_impossible_locks() -> None:
    with pytest.raises(LockConflictError, match="both"):
        suggest_boundaries(FIRST, on=[3], off=[3])
    for gap in (0, 8, -1):
        with pytest.raises(LockConflictError, match="not inside"):
            suggest_boundaries(FIRST, on=[gap])


def test_suggest_boundaries_keeps_one_scene_when_every_gap_is_off() -> None:
    found = suggest_boundaries(
        FIRST, settings=SpeakerModelSettings(longest_scene=2), off=range(1, 8)
    )
    assert found.boundaries == ()
    assert set(found.probabilities) == {0.0}


def test_suggest_boundaries_takes_a_thousand_rows_in_a_moment() -> None:
    rnd = random.Random(7)
    names = [rnd.choice("ABCDEFGHIJ") for _ in range(1000)]
    started = time.process_time()
    suggest_boundaries(names)
    assert time.process_time() - started < 3, "ten times the budget: the algorithm has changed"
