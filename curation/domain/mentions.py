"""@name in a comment: which of a project's people it means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

AT_NAME = re.compile(r"(?<![\w.@+/-])@([\w.@+-]+)")
ENDS = ".+-_"  # a name may hold these; a sentence may put them after one


def split_mentions(text: str, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Cut a text into pieces: each with the name that it means, "" for words that are none.

    A name is found in any case, exactly written ones first; ``ann@example.org`` mentions nobody.

    Args:
        names: user names of those who can be mentioned.
    """
    exact = set(names)
    folded = {name.casefold(): name for name in sorted(exact)}
    done = 0
    for found in AT_NAME.finditer(text):
        written = next(
            (one for one in _prefixes(found[1]) if one in exact or one.casefold() in folded), ""
        )
        if not written:
            continue
        yield text[done : found.start()], ""
        done = found.start() + 1 + len(written)
        yield (
            text[found.start() : done],
            written if written in exact else folded[written.casefold()],
        )
    yield text[done:], ""


def find_mentions(text: str, names: Iterable[str]) -> set[str]:
    """Return the user names that a text mentions; see :func:`split_mentions`."""
    return {name for _, name in split_mentions(text, names) if name}


def _prefixes(token: str) -> Iterator[str]:
    """Return a token, then what is left of it before each sign that may end a sentence."""
    yield token
    for at in range(len(token) - 1, 0, -1):
        if token[at] in ENDS:
            yield token[:at]
