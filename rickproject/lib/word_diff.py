"""Compare two texts word by word."""

import re
from difflib import SequenceMatcher

SAME, GONE, NEW = "same", "gone", "new"
LONGEST_CHARACTERS = 20_000
_PARTS = re.compile(r"\w+|\s+|[^\w\s]")


def compare_words(old: str, new: str) -> list[tuple[str, str]]:
    """Return how one text became another: ``("same" | "gone" | "new", words)`` in reading order.

    The parts that are the same or gone make the old text, those same or new the new one. Texts of
    more than 20,000 characters are compared as wholes: nobody reads such a difference by words.
    """
    if old == new:
        return [(SAME, old)] if old else []
    if max(len(old), len(new)) > LONGEST_CHARACTERS:
        return [(GONE, old), (NEW, new)]
    before, after = _PARTS.findall(old), _PARTS.findall(new)
    found: list[tuple[str, str]] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for kind, first, last, start, end in matcher.get_opcodes():
        if kind == "equal":
            found.append((SAME, "".join(before[first:last])))
            continue
        found += [(GONE, "".join(before[first:last]))] if last > first else []
        found += [(NEW, "".join(after[start:end]))] if end > start else []
    return found
