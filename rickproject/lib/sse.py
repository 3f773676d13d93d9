"""Server-sent events: the wire form and the headers that keep proxies from holding them back."""

import json
from collections.abc import AsyncIterator

from django.http import StreamingHttpResponse

_as_json = json.JSONEncoder(ensure_ascii=False).encode


def event(name: str, data: object) -> bytes:
    """Return one event with JSON data."""
    return f"event: {name}\ndata: {_as_json(data)}\n\n".encode()


PING = b": still here\n\n"


class EventStream(StreamingHttpResponse):
    """A streamed response whose generator is closed at once when the reader leaves.

    Django wraps it in generators of its own, which leave the inner one to the garbage collector and
    cost time for every event. Here the events must be bytes already.
    """

    _iterator: AsyncIterator[bytes]

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._iterator


def stream_events(events: AsyncIterator[bytes]) -> StreamingHttpResponse:
    """Return a response that sends events as they come, never compressed, never stored."""
    response = EventStream(events, content_type="text/event-stream; charset=utf-8")
    response["Cache-Control"] = "no-cache, no-transform"
    response["Content-Encoding"] = "identity"
    response["X-Accel-Buffering"] = "no"
    return response
