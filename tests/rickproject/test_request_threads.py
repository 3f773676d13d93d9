import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.contrib.auth.models import User
from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client
from django.urls import path
from pytest_django import Settings

from rickproject.request_threads import Application, RequestThreads
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def where(request: HttpRequest) -> HttpResponse:
    User.objects.exists()
    return HttpResponse(f"{threading.current_thread().name} {id(connection.connection)}")


def who(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.user.get_username())


def slow(request: HttpRequest) -> HttpResponse:
    threading.Event().wait(0.3)
    return where(request)


def fails(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


async def stream(request: HttpRequest) -> StreamingHttpResponse:
    async def events() -> AsyncIterator[bytes]:
        yield (await sync_to_async(where)(request)).content
        await asyncio.sleep(0.2)
        yield b" end"

    await User.objects.aexists()
    return StreamingHttpResponse(events())


urlpatterns = [
    path("where", where),
    path("who", who),
    path("slow", slow),
    path("fails", fails),
    path("stream", stream),
]


@pytest.fixture
def application(settings: Settings) -> Iterator[Application]:
    settings.ROOT_URLCONF = __name__
    made = Application()
    yield made
    made.close()


async def get(application: Application, name: str, cookie: str = "") -> tuple[int, str]:
    headers = [(b"host", b"localhost"), (b"cookie", cookie.encode())]
    scope = {"type": "http", "http_version": "1.1", "method": "GET", "path": f"/{name}"}
    scope |= {"query_string": b"", "headers": headers, "scheme": "http", "server": ("localhost", 1)}
    asked = ApplicationCommunicator(application, scope)
    await asked.send_input({"type": "http.request", "body": b"", "more_body": False})
    start = await asked.receive_output(5)
    body, more = b"", True
    while more:
        part = await asked.receive_output(5)
        body, more = body + part.get("body", b""), part.get("more_body", False)
    await asked.wait(5)
    return start["status"], body.decode()


async def test_application_answers_in_lasting_threads_that_keep_their_connection(
    application: Application,
) -> None:
    first, second = [await get(application, "where") for _ in range(2)]
    assert first == second
    assert first[1].startswith("request-0")


async def test_application_gives_a_request_to_the_thread_with_the_fewest(
    application: Application,
) -> None:
    answers = await asyncio.gather(*(get(application, "slow") for _ in range(2)))
    assert {body.split("_")[0] for _, body in answers} == {"request-0", "request-1"}


async def test_application_lets_a_streaming_view_hold_no_lasting_thread(
    application: Application,
) -> None:
    streaming = asyncio.create_task(get(application, "stream"))
    await asyncio.sleep(0.1)
    _, during = await get(application, "where")
    _, streamed = await streaming
    assert during.startswith("request-0")
    assert not streamed.startswith("request-")
    assert streamed.endswith(" end")


async def test_application_goes_on_after_a_view_has_failed(application: Application) -> None:
    application.raise_request_exception = False
    assert (await get(application, "fails"))[0] == 500
    assert (await get(application, "where"))[0] == 200
    assert (await get(application, "nowhere"))[0] == 404


@pytest.mark.parametrize(
    "end",
    [
        lambda user, client: User.objects.filter(pk=user.pk).update(is_active=False),
        lambda user, client: client.logout(),
        lambda user, client: User.objects.filter(pk=user.pk).update(password="another"),
    ],
    ids=["deactivated", "logged out", "password changed"],
)
async def test_application_ends_a_session_at_once_although_threads_last(
    application: Application, end: Callable[[User, Client], object]
) -> None:
    user = await sync_to_async(UserFactory)()
    client = Client()
    await sync_to_async(client.force_login)(user)
    cookie = f"sessionid={client.cookies['sessionid'].value}"
    assert await get(application, "who", cookie) == (200, user.username)
    await sync_to_async(end)(user, client)
    assert await get(application, "who", cookie) == (200, "")


async def test_application_speaks_only_http(application: Application) -> None:
    asked = ApplicationCommunicator(application, {"type": "websocket", "path": "/where"})
    with pytest.raises(ValueError, match="only HTTP"):
        await asked.wait(5)


def test_request_threads_are_chosen_by_what_they_have_to_do() -> None:
    threads = RequestThreads(2)
    with threads.one() as first, threads.one() as second:
        assert first is not second
        with threads.one() as third:
            assert third is first
    with threads.one() as again:
        assert again is first
    threads.close()


def test_request_threads_close_their_connections() -> None:
    threads = RequestThreads(1)

    def opened() -> Any:
        User.objects.exists()
        return connection.connection

    with threads.one() as thread:
        held = thread.submit(opened).result()
    threads.close()
    with pytest.raises(Exception, match="closed"):
        held.cursor()
