"""Segmentations as the literature writes them: the lengths of their segments."""

from collections.abc import Sequence
from itertools import accumulate


def boundaries_of_masses(masses: Sequence[int]) -> frozenset[int]:
    """Turn scene lengths in rows, for instance (5, 5, 10), into gaps, {5, 10}."""
    return frozenset(accumulate(masses[:-1]))
