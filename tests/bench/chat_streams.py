"""The cheapest model server and the cheapest reader of streams, so that the relay is measured.

Not a bench itself. The server writes chunks that were rendered beforehand; the reader looks for the
first token and the end in the bytes as they come.
"""

import asyncio
import json
import re
import time
from typing import NamedTuple
from urllib.parse import urlsplit

import uvloop

FIRST_SECONDS = 0.05
TOKEN_SECONDS = 0.1
MOST_TOKENS = 100
LONGEST_SECONDS = 90.0
HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
    b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
)


class Stream(NamedTuple):
    """What came of one stream; ``first_seconds`` to its first token."""

    first_seconds: float
    is_whole: bool
    status: int


def _framed(text: str, reason: str | None = None) -> bytes:
    delta = {"content": text} if text else {}
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    body = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    data = b"data: " + json.dumps(body | {"choices": [choice]}).encode() + b"\n\n"
    return b"%x\r\n%s\r\n" % (len(data), data)


CHUNKS = [_framed(f"word{number} ") for number in range(MOST_TOKENS)]
DONE = b"data: [DONE]\n\n"
END = _framed("", "stop") + b"%x\r\n%s\r\n0\r\n\r\n" % (len(DONE), DONE)


class _Model(asyncio.Protocol):
    """Answers any request with as many tokens as it allows, at the bench's pace."""

    def __init__(self) -> None:
        self._request, self._left = b"", False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        self._left = True

    def data_received(self, data: bytes) -> None:
        self._request += data
        if asked := re.search(rb'"max_tokens": ?(\d+)', self._request):
            self._request, self._tokens = b"", int(asked[1])
            self._loop = asyncio.get_running_loop()
            self._begun = self._loop.time() + FIRST_SECONDS
            self._loop.call_at(self._begun, self._say, 0)

    def _say(self, number: int) -> None:
        if self._left:
            return
        head = b"" if number else HEAD
        if number == self._tokens:
            self._transport.write(head + END)  # type: ignore[attr-defined]
            self._transport.close()
            return
        self._transport.write(head + CHUNKS[number])  # type: ignore[attr-defined]
        self._loop.call_at(self._begun + (number + 1) * TOKEN_SECONDS, self._say, number + 1)


def serve(port: int) -> None:
    """Run the model server."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(_Model, "127.0.0.1", port, backlog=1024)
        await server.serve_forever()

    uvloop.run(run())


class _Reader(asyncio.Protocol):
    def __init__(self, request: bytes, tokens: int, done: asyncio.Future[Stream]) -> None:
        self._request, self._done = request, done
        self._last = b"word%d " % (tokens - 1)
        self._first, self._status, self._tail, self._is_whole = 0.0, 0, b"", False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._begun = time.perf_counter()
        transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        seen = self._tail + data
        if not self._status:
            self._status = int(seen[9:12])
        if not self._first and b"word0" in seen:
            self._first = time.perf_counter() - self._begun
        self._is_whole = self._is_whole or self._last in seen
        self._tail = seen[-16:]

    def connection_lost(self, error: Exception | None) -> None:
        if not self._done.done():
            whole = self._is_whole and self._first > 0
            self._done.set_result(Stream(self._first, whole, self._status))


async def read_stream(
    url: str, *, headers: dict[str, str], body: bytes, tokens: int, pause: float = 0
) -> Stream:
    """POST to an address after a pause and read the stream to its end."""
    await asyncio.sleep(pause)
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Stream] = loop.create_future()
    parts = urlsplit(url)
    fields = {"Host": parts.netloc, "Content-Length": str(len(body)), "Connection": "close"}
    lines = [f"{name}: {value}\r\n" for name, value in {**fields, **headers}.items()]
    request = f"POST {parts.path} HTTP/1.1\r\n{''.join(lines)}\r\n".encode() + body
    transport, _ = await loop.create_connection(
        lambda: _Reader(request, tokens, done), parts.hostname, parts.port
    )
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            return await done
    except TimeoutError:
        return Stream(0.0, is_whole=False, status=0)
    finally:
        transport.close()
