"""A reply stays one character's: its own name is taken off, what others say is cut off.

Models of scripts go on with the next speaker when they should stop, and open with the name of the
speaker as scripts do. Both are cut while the reply streams, and counted.
"""

import re
from collections.abc import Iterable


class SpokenAlone:
    """Filters a reply piece by piece; what may still become a name is held back until it is clear.

    Attributes:
        is_over: it went on as somebody else; nothing more is wanted.
        echoed_name: its own name stood before something it said.
    """

    def __init__(self, own: str, others: Iterable[str]) -> None:
        """Prepare for a reply of ``own``; names are compared without case."""
        self.is_over = self.echoed_name = False
        names = {name.casefold(): name for name in others if name}
        names.pop(own.casefold(), None)
        self._names = [*names, own.casefold()] if own else [*names]
        self._other = _line_of(names.values())
        self._own = _line_of([own] if own else [], then=r"[ \t]*(?=\S|\n)")
        self._held, self._is_start = "", True

    def feed(self, text: str) -> str:
        """Return what may be shown after another piece has come."""
        if self.is_over:
            return ""
        if not (self._held or self._is_start or "\n" in text):
            return text
        whole = self._cut(self._held + text)
        kept = len(whole) if self.is_over else self._settled(whole)
        self._held = whole[kept:]
        self._is_start = self._is_start and not whole[:kept].strip()
        return whole[:kept]

    def rest(self) -> str:
        """Return what is still held back at the end of the reply."""
        held, self._held = self._held, ""
        return "" if self.is_over else self._cut(f"{held}\n")[:-1]

    def _cut(self, text: str) -> str:
        """Take off the own name at the start of lines, and all from the first line of another."""
        if found := self._find(self._other, text):
            self.is_over = True
            text = text[: found.start()].rstrip()
        while found := self._find(self._own, text):
            self.echoed_name = True
            text = text[: found.start()] + (found["break"] or "") + text[found.end() :]
        return text

    def _find(self, pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
        found = pattern.search(text)
        if found and not found["break"] and not self._is_start:  # the middle of a line
            return pattern.search(text, found.end())
        return found

    def _settled(self, text: str) -> int:
        """Return how many characters can be shown: up to a line that may still be a name's."""
        head, line_break, line = text.rpartition("\n")
        if not line_break and not self._is_start:
            return len(text)
        if not self._may_be_name(line.strip().casefold()):
            return len(text)
        return len(head.rstrip()) if line_break else 0

    def _may_be_name(self, line: str) -> bool:
        line = line.removesuffix(":").rstrip()
        return not line or any(name.startswith(line) for name in self._names)


def _line_of(names: Iterable[str], then: str = "") -> re.Pattern[str]:
    """Match the start of a line that has one of some names and a colon; nothing without names."""
    words = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    start = rf"(?:\A|(?P<break>\n))[ \t]*(?:{words or '(?!)'})[ \t]*:{then}"
    return re.compile(start, re.IGNORECASE)
