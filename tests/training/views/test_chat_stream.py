import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from http import HTTPStatus

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connections
from django.test import AsyncClient
from django.urls import reverse
from django.utils import timezone
from pydantic import SecretStr

from curation.enums import Role
from rickproject.config import get_config
from tests.contract.fault_server import HTML, KEY, Fault, FaultServer, refusal
from tests.factories import CharacterFactory, ModelVersionFactory, UserFactory, make_member
from training.domain.chat import ask, start_conversation
from training.enums import MessageState
from training.models import Conversation, Message, ModelPrice
from training.providers.chat_stream import close_sessions

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def provider(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    monkeypatch.setattr(get_config(), "openai_base_url", server.base_url)
    monkeypatch.setattr(get_config(), "openai_api_key", SecretStr(KEY))
    server.state.reply = ["Who ", "moved ", "the moon?"]
    return server


@pytest_asyncio.fixture(autouse=True)
async def closed_connections() -> AsyncIterator[None]:
    yield
    await close_sessions()
    await sync_to_async(connections.close_all)()  # of the loop's own thread


@pytest.fixture
def talk() -> Conversation:
    vex = CharacterFactory(name="VEX", is_target=True)
    model = ModelVersionFactory(
        project=vex.project, character=vex, provider="openai", served_name="gpt-4o-mini"
    )
    tester = make_member(vex.project, Role.TESTER)
    return start_conversation(vex.project, user=tester, model=model, speaker_name="PIP")


def address(talk: Conversation) -> str:
    return reverse("message_stream", args=[talk.project.slug, talk.pk])


async def signed_in(user: User) -> AsyncClient:
    client = AsyncClient()
    await client.aforce_login(user)
    return client


async def send(talk: Conversation, **data: str) -> tuple[int, str]:
    client = await signed_in(talk.user)
    await talk.arefresh_from_db(fields=["turn"])
    body = {"turn": str(talk.turn)} | (data or {"text": "Hi"})
    response = await client.post(address(talk), body, headers={"accept": "text/event-stream"})
    if not response.streaming:
        return response.status_code, response.content.decode()
    parts = [part async for part in response]  # type: ignore[attr-defined]
    return response.status_code, b"".join(parts).decode()


async def stored(talk: Conversation) -> Message:
    return await Message.objects.select_related("parent").aget(conversation=talk, role="assistant")


def deltas(body: str) -> list[str]:
    blocks = [block for block in body.split("\n\n") if block.startswith("event: delta")]
    return [json.loads(block.split("data: ", 1)[1])["text"] for block in blocks]


async def test_message_stream_sends_the_reply_piece_by_piece_and_keeps_it(
    talk: Conversation, provider: FaultServer
) -> None:
    status, body = await send(talk, text="Where is it?")
    assert status == HTTPStatus.OK
    assert "".join(deltas(body)) == "Who moved the moon?"
    reply = await stored(talk)
    assert (reply.content, reply.state) == ("Who moved the moon?", MessageState.COMPLETE)
    assert (reply.finish_reason, reply.prompt_tokens, reply.completion_tokens) == ("stop", 9, 3)
    sent = provider.received[-1].json()
    assert sent["messages"][-1] == {"role": "user", "content": "PIP: Where is it?"}
    assert sent["messages"] == reply.sent_messages


async def test_message_stream_is_never_compressed_or_stored(talk: Conversation) -> None:
    client = await signed_in(talk.user)
    response = await client.post(
        address(talk), {"text": "Hi", "turn": "0"}, headers={"accept": "text/event-stream"}
    )
    assert response["Content-Encoding"] == "identity"
    assert "no-cache" in response["Cache-Control"]
    assert response["X-Accel-Buffering"] == "no"
    async for _ in response:  # type: ignore[attr-defined]
        pass


async def test_message_stream_works_as_a_plain_form(talk: Conversation) -> None:
    client = await signed_in(talk.user)
    response = await client.post(address(talk), {"text": "Hi", "turn": "0"})
    assert response.status_code == HTTPStatus.FOUND
    assert (await stored(talk)).state == MessageState.COMPLETE


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (refusal(401, "invalid_api_key"), "refused the key"),
        (refusal(404, "model_not_found"), "does not know this model"),
        (refusal(429, "rate_limit_exceeded"), "busy"),
        (refusal(500, None), "refused (500)"),
        (HTML, "broke off"),
        (Fault(status=307, headers={"location": "http://127.0.0.1:9/"}), "redirect"),
        (Fault(drops=True), "cannot be reached"),
    ],
)
async def test_message_stream_tells_a_refusal_in_words(
    talk: Conversation, provider: FaultServer, fault: Fault, words: str
) -> None:
    provider.fail("chat", fault)
    _, body = await send(talk)
    assert words in body
    reply = await stored(talk)
    assert reply.state == MessageState.FAILED
    assert words in reply.error_detail


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(chunks=2), "broke off before its end"),
        (Fault(chunks=2, tail=b'data: {"error": {"message": "out of memory"}}\n\n'), "memory"),
        (Fault(chunks=2, tail=b"data: {broken\n\n"), "no answer"),
    ],
)
async def test_message_stream_keeps_what_came_before_the_fault(
    talk: Conversation, provider: FaultServer, fault: Fault, words: str
) -> None:
    provider.fail("chat", fault)
    _, body = await send(talk)
    assert words in body
    reply = await stored(talk)
    assert (reply.content, reply.state) == ("Who moved ", MessageState.FAILED)


async def test_message_stream_again_writes_another_reply(
    talk: Conversation, provider: FaultServer
) -> None:
    await send(talk)
    first = await stored(talk)
    provider.state.reply = ["Not me."]
    _, body = await send(talk, again=str(first.pk))
    assert deltas(body) == ["Not me."]
    assert await Message.objects.filter(parent=first.parent).acount() == 2


async def test_message_stream_with_one_key_twice_generates_once(
    talk: Conversation, provider: FaultServer
) -> None:
    outcomes = await asyncio.gather(*(send(talk, text="Hi", client_key="k") for _ in range(2)))
    assert sorted(status for status, _ in outcomes) == [200, 409]
    assert sum(request.route == "chat" for request in provider.received) == 1


@pytest.mark.parametrize("turn", ["0", "", "2", "-1", "one"])
async def test_message_stream_from_a_page_that_is_behind_sends_nothing(
    talk: Conversation, provider: FaultServer, turn: str
) -> None:
    await send(talk)
    status, body = await send(talk, text="And now?", turn=turn)
    assert status == HTTPStatus.CONFLICT
    assert json.loads(body)["error"]["code"] == "stale_conversation"
    assert provider.count("chat") == 1
    assert await Message.objects.acount() == 2


async def test_message_stream_while_a_reply_is_written_sends_nothing(talk: Conversation) -> None:
    await sync_to_async(ask)(talk, text="Hi")
    status, body = await send(talk, text="And now?")
    assert status == HTTPStatus.CONFLICT
    assert "still being written" in body


async def test_message_stream_tells_a_stale_form_and_keeps_its_text(talk: Conversation) -> None:
    await send(talk)
    client = await signed_in(talk.user)
    response = await client.post(address(talk), {"text": "And <now>?", "turn": "0"})
    assert response.status_code == HTTPStatus.CONFLICT
    page = response.content.decode()
    assert "And &lt;now&gt;?</textarea>" in page
    assert "another tab" in page
    assert "Who moved the moon?" in page
    assert 'name="turn" value="1"' in page


async def test_message_stream_past_the_admission_limit_says_when_to_come_back(
    talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_config(), "chat_streams_per_process", 0)
    client = await signed_in(talk.user)
    response = await client.post(
        address(talk), {"text": "Hi", "turn": "0"}, headers={"accept": "text/event-stream"}
    )
    assert response.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert response["Retry-After"] == "5"


async def test_message_stream_past_the_persons_limit_refuses(
    talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_config(), "chat_messages_per_minute", 1)
    await send(talk)
    status, body = await send(talk)
    assert status == HTTPStatus.TOO_MANY_REQUESTS
    assert "Try again in" in body


async def test_message_stream_is_not_there_for_others(talk: Conversation) -> None:
    stranger = await sync_to_async(UserFactory)()
    colleague = await sync_to_async(make_member)(talk.project, Role.TESTER)
    for user in (stranger, colleague):
        client = await signed_in(user)
        response = await client.post(address(talk), {"text": "Hi", "turn": "0"})
        assert response.status_code == HTTPStatus.NOT_FOUND
    assert not await Message.objects.aexists()


async def test_message_stream_does_not_reach_a_link_local_address(
    talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_config(), "openai_base_url", "http://169.254.169.254/v1")
    _, body = await send(talk)
    assert "may not be reached from here" in body
    assert (await stored(talk)).state == MessageState.FAILED


async def test_message_stream_ends_where_the_model_speaks_for_somebody_else(
    talk: Conversation, provider: FaultServer
) -> None:
    await sync_to_async(CharacterFactory)(name="PIP", project=talk.project)
    provider.state.reply = ["VEX", ": No", ".\nP", "IP: But why?", "\nVEX: Because."]
    _, body = await send(talk)
    assert "".join(deltas(body)) == "No."
    reply = await stored(talk)
    assert (reply.content, reply.state, reply.finish_reason) == ("No.", "complete", "stop")
    assert (reply.spoke_for_others, reply.echoed_name) == (True, True)


async def test_message_stream_leaves_a_reply_as_it_comes_where_that_is_wanted(
    talk: Conversation, provider: FaultServer
) -> None:
    await sync_to_async(CharacterFactory)(name="PIP", project=talk.project)
    await Conversation.objects.aupdate(stops_at_names=False)
    provider.state.reply = ["VEX: No", ".\nPIP: Oh."]
    await send(talk)
    reply = await stored(talk)
    assert (reply.content, reply.spoke_for_others) == ("VEX: No.\nPIP: Oh.", False)


async def test_message_stream_keeps_what_was_held_back_at_the_end(
    talk: Conversation, provider: FaultServer
) -> None:
    provider.state.reply = ["Who is it?\n", "VE"]
    _, body = await send(talk)
    assert "".join(deltas(body)) == (await stored(talk)).content == "Who is it?\nVE"


async def test_message_stream_says_something_instead(
    talk: Conversation, provider: FaultServer
) -> None:
    await send(talk, text="One?")
    question = await Message.objects.aget(content="One?")
    await send(talk, text="Uno?", instead_of=str(question.pk))
    sent = provider.received[-1].json()["messages"]
    assert [message["content"] for message in sent] == ["You are VEX.", "PIP: Uno?"]
    status, _ = await send(talk, text="Eins?", instead_of="99999")
    assert status == HTTPStatus.NOT_FOUND


async def test_message_stream_keeps_what_the_reply_cost(
    talk: Conversation, provider: FaultServer
) -> None:
    await ModelPrice.objects.acreate(
        provider="openai",
        model="gpt-4o-mini",
        input_usd_per_million_tokens=1000,
        output_usd_per_million_tokens=2000,
        as_of=timezone.now().date(),
        source="offer",
    )
    await send(talk)
    assert (await stored(talk)).usd == Decimal("0.015")  # 9 read, 3 written
