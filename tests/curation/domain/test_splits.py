from collections import Counter

import pytest

from curation.domain.splits import choose_stratified, choose_validation

GROUPS = ["a"] * 4 + ["b"] * 3 + ["c"] * 2 + ["d"]


def test_choose_validation_gives_the_same_groups_for_the_same_seed() -> None:
    assert choose_validation(GROUPS, share=0.3, seed=7) == choose_validation(
        list(reversed(GROUPS)), share=0.3, seed=7
    )


@pytest.mark.parametrize("seed", range(20))
def test_choose_validation_stays_within_its_share_and_takes_something(seed: int) -> None:
    chosen = choose_validation(GROUPS, share=0.3, seed=seed)
    assert chosen
    assert sum(group in chosen for group in GROUPS) <= 3


def test_choose_validation_varies_with_the_seed() -> None:
    groups = [str(n) for n in range(50)]
    chosen = {frozenset(choose_validation(groups, share=0.1, seed=seed)) for seed in range(10)}
    assert len(chosen) == 10


def test_choose_validation_takes_the_smallest_group_when_every_group_is_too_large() -> None:
    assert choose_validation(["a"] * 5 + ["b"] * 4, share=0.1, seed=1) == {"b"}


@pytest.mark.parametrize(("groups", "share"), [(["a", "a"], 0.5), (["a", "b"], 0.0), ([], 0.1)])
def test_choose_validation_takes_nothing_when_nothing_can_be_split(
    groups: list[str], share: float
) -> None:
    assert choose_validation(groups, share=share, seed=1) == set()


def test_choose_stratified_gives_each_stratum_its_share() -> None:
    groups = [f"scene {n}" for n in range(60) for _ in range(2)]
    strata = [(n // 20, n % 2) for n in range(60) for _ in range(2)]
    chosen = choose_stratified(groups, strata, share=0.2, seed=3)
    counts = Counter(
        stratum for name, stratum in zip(groups, strata, strict=True) if name in chosen
    )
    assert counts == dict.fromkeys(set(strata), 4)
    assert chosen == choose_stratified(groups, strata, share=0.2, seed=3)
    assert chosen != choose_stratified(groups, strata, share=0.2, seed=4)


def test_choose_stratified_asks_the_next_stratum_for_what_one_cannot_give() -> None:
    groups = ["whole season"] * 10 + [f"scene {n}" for n in range(10)]
    strata = [(1, 0)] * 10 + [(2, 0)] * 10
    chosen = choose_stratified(groups, strata, share=0.2, seed=1)
    assert "whole season" not in chosen
    assert len(chosen) == 4


def test_choose_stratified_keeps_something_to_learn_from() -> None:
    assert choose_stratified(["a", "b"], [(1, 0), (1, 1)], share=0.5, seed=1) in ({"a"}, {"b"})
