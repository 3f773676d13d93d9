"""A reader of streams who speaks ASGI with the whole application and may leave at any time."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.test import AsyncClient

from rickproject.request_threads import Application

TOKEN = "t" * 32


class Reader:
    """One POST whose answer is read as it comes."""

    def __init__(
        self, application: Application, client: AsyncClient, path: str, data: dict[str, str]
    ) -> None:
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        cookie = f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={TOKEN}"
        headers = {
            "accept": "text/event-stream",
            "content-type": "application/x-www-form-urlencoded",
            "cookie": cookie,
            "x-csrftoken": TOKEN,
        }
        self._begin(application, path, headers, urlencode(data).encode())

    @classmethod
    def with_key(cls, application: Application, key: str, path: str, body: str) -> "Reader":
        """Ask as a program does: with a key, without a cookie."""
        reader = cls.__new__(cls)
        headers = {"content-type": "application/json", "authorization": f"Bearer {key}"}
        reader._begin(application, path, headers, body.encode())
        return reader

    def _begin(
        self, application: Application, path: str, headers: dict[str, str], body: bytes
    ) -> None:
        headers = {"host": "testserver"} | headers
        self.body, self.status = b"", 0
        self._news, self._leaving = asyncio.Event(), asyncio.Event()
        self._requests = [{"type": "http.request", "body": body}]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": path,
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "server": ("testserver", 80),
        }
        self.answer = asyncio.ensure_future(application(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        if self._requests:
            return self._requests.pop()
        await self._leaving.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        self.status = message.get("status", self.status)
        self.body += message.get("body", b"")
        self._news.set()

    async def until(self, is_so: Callable[[bytes], bool], *, seconds: float = 10) -> None:
        """Read until the body is so."""
        async with asyncio.timeout(seconds):
            while not is_so(self.body):
                await self._news.wait()
                self._news.clear()

    async def leave(self) -> None:
        """Close the connection, as a closed tab does, and wait for the application's end."""
        self._leaving.set()
        await self.answer

    async def end(self, *, seconds: float = 10) -> None:
        """Wait for the answer's end."""
        async with asyncio.timeout(seconds):
            await asyncio.shield(self.answer)
