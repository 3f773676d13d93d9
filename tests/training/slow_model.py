"""A model server that never ends a reply: it sends a word now and then, and notes who left."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


class SlowModel:
    """What the server did; ``open_now`` streams are under way."""

    def __init__(self, pause_seconds: float) -> None:
        self.pause_seconds = pause_seconds
        self.open_now = self.begun = 0
        self.port = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Stream words until the reader closes the connection."""
        await reader.readuntil(b"\r\n\r\n")
        self.open_now += 1
        self.begun += 1
        writer.write(HEAD)
        talking = asyncio.ensure_future(self._talk(writer))
        with contextlib.suppress(ConnectionError):
            while await reader.read(65536):
                pass
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)
        self.open_now -= 1
        writer.close()

    async def _talk(self, writer: asyncio.StreamWriter) -> None:
        number = 0
        while True:
            chunk = {"choices": [{"index": 0, "delta": {"content": f"word{number} "}}]}
            writer.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
            await writer.drain()
            await asyncio.sleep(self.pause_seconds)
            number += 1


@asynccontextmanager
async def slow_model(pause_seconds: float = 0.05) -> AsyncIterator[SlowModel]:
    """Run the server on a free port."""
    model = SlowModel(pause_seconds)
    server = await asyncio.start_server(model.answer, "127.0.0.1", 0)
    model.port = server.sockets[0].getsockname()[1]
    async with server:
        yield model
