"""Requests over ASGI, each answered by one thread in one go.

Django's own handler changes threads for every synchronous middleware and opens a new thread, and
so a new database connection, for every request. Here the middleware runs as one synchronous call,
in one of a few threads that keep their connection.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from asgiref.sync import ThreadSensitiveContext, iscoroutinefunction, sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.db import connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve

THREADS = 4  # for each web process; they share one interpreter, so more of them only wait longer


class RequestThreads:
    """A few threads, each with its queue; a new request joins the shortest."""

    def __init__(self, count: int) -> None:
        self._requests: dict[Executor, int] = {
            ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"request-{number}"): 0
            for number in range(count)
        }

    @contextmanager
    def one(self) -> Iterator[Executor]:
        """Lend the thread with the fewest requests for as long as a request lasts."""
        thread = min(self._requests, key=self._requests.__getitem__)
        self._requests[thread] += 1
        try:
            yield thread
        finally:
            self._requests[thread] -= 1

    def close(self) -> None:
        """End the threads and their connections, once they have answered."""
        for thread in self._requests:
            thread.submit(connections.close_all)
            thread.shutdown()


class Application(ASGIHandler):
    """Django's ASGI handler with synchronous middleware and lasting threads.

    An asynchronous view that may wait for minutes gets a thread of its own that ends with it. One
    that is asked for events only begins a stream, which then needs no thread.
    """

    def __init__(self) -> None:
        super().__init__()
        self._threads = RequestThreads(THREADS)

    def load_middleware(self, is_async: bool = False) -> None:  # noqa: FBT001, FBT002  # Django's
        """Load the middleware as synchronous, although the handler is not."""
        super().load_middleware(is_async=False)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Answer one request, with everything synchronous about it in one thread."""
        if scope["type"] != "http":
            msg = f"only HTTP is spoken here, not {scope['type']}"
            raise ValueError(msg)
        if _view_is_async(scope["path"]) and not _wants_events(scope["headers"]):
            async with ThreadSensitiveContext():
                try:
                    await self.handle(scope, receive, send)
                finally:
                    await sync_to_async(connections.close_all)()
            return
        with self._threads.one() as thread:
            async with ThreadSensitiveContext(executor=thread):
                await self.handle(scope, receive, send)

    def close(self) -> None:
        """End the lasting threads; the application answers no more."""
        self._threads.close()

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """Run middleware and view in the request's thread."""
        return await sync_to_async(self.get_response)(request)


def _wants_events(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(name == b"accept" and b"text/event-stream" in value for name, value in headers)


def _view_is_async(path: str) -> bool:
    try:
        return iscoroutinefunction(resolve(path).func)
    except Resolver404:
        return False
