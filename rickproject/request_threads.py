"""Requests over ASGI, each answered by one thread in one go.

Django's own handler changes threads for every synchronous middleware and opens a new thread, and
so a new database connection, for every request. Here the middleware runs as one synchronous call,
in one of a few threads that keep their connection. A synchronous view is answered in one visit to
that thread, from the signal that begins a request to the one that ends it.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import IO, Any

from asgiref.sync import ThreadSensitiveContext, iscoroutinefunction, sync_to_async
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.signals import request_started
from django.db import connections
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve, set_script_prefix

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
        is_async = _view_is_async(scope["path"])
        if is_async and not _wants_events(scope["headers"]):
            async with ThreadSensitiveContext():
                try:
                    await self.handle(scope, receive, send)
                finally:
                    await sync_to_async(connections.close_all)()
            return
        step = self.handle if is_async else self._handle_at_once
        with self._threads.one() as thread:
            async with ThreadSensitiveContext(executor=thread):
                await step(scope, receive, send)

    def close(self) -> None:
        """End the lasting threads; the application answers no more."""
        self._threads.close()

    async def _handle_at_once(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Answer a synchronous view as ``handle`` does, but go to the thread only once.

        Nobody listens meanwhile whether the client has left: a synchronous view cannot be stopped.
        """
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        with closing(body):
            response = await sync_to_async(self._respond)(scope, body)
            await self.send_response(response, send)
            if response.streaming:
                await sync_to_async(response.close)()

    def _respond(self, scope: dict[str, Any], body: IO[bytes]) -> Any:
        """Do all of a request that may use the database; a stream is closed once it is sent."""
        set_script_prefix(get_script_prefix(scope))
        request_started.send(sender=self.__class__, scope=scope)
        request, refusal = self.create_request(scope, body)
        response: Any = refusal if request is None else self.get_response(request)
        response._handler_class = self.__class__  # noqa: SLF001  # closing sends request_finished
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        if not response.streaming:
            response.close()
        return response

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
