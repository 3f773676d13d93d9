"""Seeded splits that keep what belongs together on one side."""

import hashlib
from collections import Counter
from collections.abc import Sequence


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
    order = sorted(sizes, key=lambda name: hashlib.sha256(f"{seed}\n{name}".encode()).digest())
    wanted = round(share * len(groups))
    chosen: set[str] = set()
    taken = 0
    for name in order:
        if taken + sizes[name] <= wanted:
            chosen.add(name)
            taken += sizes[name]
    return chosen or {min(order, key=lambda name: (sizes[name], order.index(name)))}
