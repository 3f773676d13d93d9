"""Seeded splits that keep what belongs together on one side."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence


def choose_validation(groups: Sequence[str], *, share: float, seed: int) -> set[str]:
    """Choose which groups of records go to the validation split.

    Groups are walked in the order of the SHA-256 of ``seed`` and their name, which is the same on
    every machine; one is taken while the split stays within its share. At least one group is taken
    where there are two or more and the share is above zero; never all of them.

    Args:
        groups: shape (n,), the group of each record: equal names stay together.
        share: wanted part of the records, 0 to 0.5.
        seed: any whole number; another one chooses other groups.

    Returns:
        The names of the groups in the validation split.
    """
    sizes = Counter(groups)
    if share <= 0 or len(sizes) < 2:
        return set()
    chosen = _fill(sizes, round(share * len(groups)), seed)
    order = _order(sizes, seed)
    return chosen or {min(order, key=lambda name: (sizes[name], order.index(name)))}


def choose_stratified(
    groups: Sequence[str], strata: Sequence[tuple[int, ...]], *, share: float, seed: int
) -> set[str]:
    """Choose groups as :func:`choose_validation` does, so that each stratum gives its share.

    Strata are walked in their order; what one could not give, because its groups are too large, is
    asked of the next, so that the whole split has its share.

    Args:
        strata: shape (n,), the stratum of each record; a group lies in one of them.
    """
    chosen: set[str] = set()
    seen = taken = 0
    for stratum in sorted(set(strata)):
        sizes = Counter(
            name for name, where in zip(groups, strata, strict=True) if where == stratum
        )
        seen += sizes.total()
        found = _fill(sizes, round(share * seen) - taken, seed)
        taken += sum(sizes[name] for name in found)
        chosen |= found
    if not chosen or chosen == set(groups):
        return choose_validation(groups, share=share, seed=seed)
    return chosen


def _order(sizes: Mapping[str, int], seed: int) -> list[str]:
    return sorted(sizes, key=lambda name: hashlib.sha256(f"{seed}\n{name}".encode()).digest())


def _fill(sizes: Mapping[str, int], wanted: int, seed: int) -> set[str]:
    """Take groups in the order of the seed while they fit into so many records."""
    chosen: set[str] = set()
    taken = 0
    for name in _order(sizes, seed):
        if taken + sizes[name] <= wanted:
            chosen.add(name)
            taken += sizes[name]
    return chosen
