"""Turn tokens into text as they come: no half characters, no text beyond a stop."""

from collections.abc import Callable, Sequence

HALF = "\ufffd"  # what a decoder writes for bytes that are no character yet


class ReplyText:
    """The text of one reply while it grows."""

    def __init__(self, decode: Callable[[list[int]], str], *, stops: Sequence[str] = ()) -> None:
        """Take how to decode tokens and the texts at which to stop."""
        self._decode = decode
        self._stops = tuple(stops)
        self._tokens: list[int] = []
        self._sent = 0
        self.stopped = False

    def add(self, token: int) -> str:
        """Take one more token and return the text that may be shown because of it."""
        self._tokens.append(token)
        text = self._decode(self._tokens)
        if (end := self._stop_at(text)) is not None:
            self.stopped = True
            return self._send(text[:end])
        safe = len(text.rstrip(HALF)) if text.endswith(HALF) else len(text)
        return self._send(text[: min(safe, len(text) - self._maybe_stop(text))])

    def rest(self) -> str:
        """Return what was held back, when no more tokens come."""
        if self.stopped:
            return ""
        return self._send(self._decode(self._tokens))

    def _send(self, text: str) -> str:
        new = text[self._sent :]
        self._sent += len(new)
        return new

    def _stop_at(self, text: str) -> int | None:
        places = [text.find(stop) for stop in self._stops]
        found = [place for place in places if place >= 0]
        return min(found) if found else None

    def _maybe_stop(self, text: str) -> int:
        """Length of the longest end of the text that could still grow into a stop."""
        return max(
            (
                length
                for stop in self._stops
                for length in range(1, len(stop))
                if text.endswith(stop[:length])
            ),
            default=0,
        )
