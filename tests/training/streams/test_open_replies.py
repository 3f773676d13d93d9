"""Streams that last: who may still listen, who left, and what is held meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection, connections
from django.test import AsyncClient
from django.urls import reverse
from django.utils import timezone
from pydantic import SecretStr

from curation.enums import Role
from curation.models import Membership
from rickproject.config import get_config
from rickproject.request_threads import THREADS, Application
from tests.factories import ModelVersionFactory, make_member
from tests.training.asgi_stream import Reader
from tests.training.slow_model import SlowModel, slow_model
from training.domain.chat import start_conversation
from training.enums import MessageState
from training.models import Conversation, Message
from training.providers.chat_stream import close_sessions
from training.streams import open_replies, relay
from training.streams.open_replies import OPEN_REPLIES

pytestmark = pytest.mark.django_db(transaction=True)

Listen = Callable[[Conversation], Awaitable[Reader]]


@pytest_asyncio.fixture(autouse=True)
async def model(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SlowModel]:
    async with slow_model() as running:
        monkeypatch.setattr(get_config(), "openai_base_url", f"http://127.0.0.1:{running.port}/v1")
        monkeypatch.setattr(get_config(), "openai_api_key", SecretStr("sk-test"))
        yield running
        await close_sessions()
    await sync_to_async(connections.close_all)()


@pytest.fixture(scope="module")
def application() -> Iterator[Application]:
    running = Application()
    yield running
    running.close()


@pytest.fixture
def listen(application: Application) -> Listen:
    async def begin(talk: Conversation) -> Reader:
        client = AsyncClient()
        await client.aforce_login(talk.user)
        path = reverse("message_stream", args=[talk.project.slug, talk.pk])
        reader = Reader(application, client, path, {"text": "Hi", "turn": "0"})
        await reader.until(lambda body: b"word1 " in body)
        return reader

    return begin


@pytest.fixture
def talk() -> Conversation:
    version = ModelVersionFactory(provider="openai", served_name="gpt-4o-mini")
    tester = make_member(version.project, Role.TESTER)
    return start_conversation(version.project, user=tester, model=version)


async def stored(talk: Conversation) -> Message:
    return await Message.objects.aget(conversation=talk, role="assistant")


def deactivate(talk: Conversation) -> None:
    User.objects.filter(pk=talk.user_id).update(is_active=False)


def log_out(_: Conversation) -> None:
    Session.objects.all().delete()


def let_the_session_expire(_: Conversation) -> None:
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))


def change_the_password(talk: Conversation) -> None:
    talk.user.set_password("another long password")
    talk.user.save()


def leave_the_project(talk: Conversation) -> None:
    Membership.objects.filter(user=talk.user).delete()


@pytest.mark.parametrize(
    "end_access",
    [deactivate, log_out, let_the_session_expire, change_the_password, leave_the_project],
)
async def test_stream_ends_within_five_seconds_when_access_ends(
    talk: Conversation, listen: Listen, model: SlowModel, end_access: Callable[[Conversation], None]
) -> None:
    reader = await listen(talk)
    await sync_to_async(end_access)(talk)
    await reader.end(seconds=5)
    assert b"may no longer chat here" in reader.body
    assert model.open_now == 0
    reply = await stored(talk)
    assert (reply.state, reply.error_code) == (MessageState.FAILED, "access_ended")
    assert reply.content.startswith("word0 word1 ")


async def test_stream_goes_on_while_others_are_put_out(talk: Conversation, listen: Listen) -> None:
    other = await sync_to_async(make_member)(talk.project, Role.TESTER)
    reader = await listen(talk)
    await User.objects.filter(pk=other.pk).aupdate(is_active=False)
    await asyncio.sleep(open_replies.WATCH_SECONDS * 1.5)
    assert not reader.answer.done()
    await reader.leave()


async def test_stream_ends_when_nobody_can_say_who_may_listen(
    talk: Conversation, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_replies, "WATCH_SECONDS", 0.1)
    monkeypatch.setattr(open_replies, "_look", lambda _: None)
    reader = await listen(talk)
    await reader.end(seconds=2)
    assert b"may no longer chat here" in reader.body


async def test_leaving_ends_the_generation_and_keeps_what_was_sent(
    talk: Conversation, listen: Listen, model: SlowModel
) -> None:
    reader = await listen(talk)
    await reader.leave()

    async def has_ended() -> bool:
        return model.open_now == 0

    await until(has_ended)
    reply = await stored(talk)
    assert reply.state == MessageState.STOPPED
    assert all(word.encode() in reader.body for word in reply.content.split())
    assert not OPEN_REPLIES.relays


async def test_a_reader_who_left_before_the_first_part_leaves_nothing_open(
    talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_replies, "WATCH_SECONDS", 0.05)
    monkeypatch.setattr(relay, "BEGIN_SECONDS", 0.1)

    def make() -> relay.MessageRelay:
        from training.domain.chat import ask

        user = talk.user
        return relay.MessageRelay(
            ask(talk, text="Hi"), open_replies.Talker(user.pk, user.password, "", 0)
        )

    await OPEN_REPLIES.open(make)

    async def is_closed() -> bool:
        return not OPEN_REPLIES.relays and (await stored(talk)).state == MessageState.STOPPED

    await until(is_closed)


async def test_a_silent_stream_shows_life(
    talk: Conversation, listen: Listen, model: SlowModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_replies, "WATCH_SECONDS", 0.05)
    monkeypatch.setattr(relay, "PING_SECONDS", 0.1)
    reader = await listen(talk)
    model.pause_seconds = 30
    await reader.until(lambda body: body.count(b": still here") >= 2, seconds=3)
    await reader.leave()


async def test_twenty_streams_hold_no_database_connections(
    talk: Conversation, listen: Listen
) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("only PostgreSQL counts connections")
    talks = [
        await sync_to_async(start_conversation)(talk.project, user=talk.user, model=talk.model)
        for _ in range(20)
    ]
    before = await sync_to_async(_connections)()
    readers = await asyncio.gather(*(listen(each) for each in talks))
    assert await sync_to_async(_connections)() <= before + THREADS + 1  # the watcher's
    await asyncio.gather(*(reader.leave() for reader in readers))


def _connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


async def until(is_so: Callable[[], Awaitable[bool]], *, seconds: float = 2) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(seconds):
        for _ in iter(int, 1):
            if await is_so():
                return
            await asyncio.sleep(0.02)
