import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from http import HTTPStatus

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.db import connections
from pydantic import SecretStr

from curation.enums import Role
from curation.models import Membership
from rickproject.config import get_config
from rickproject.request_threads import Application
from tests.contract.fault_server import KEY, Fault, FaultServer, refusal
from tests.contract.judge import judge_chunk
from tests.factories import ModelVersionFactory
from tests.training.api.world import chunks, complete, judged, make_key
from tests.training.asgi_stream import Reader
from tests.training.slow_model import slow_model
from training.domain.api_keys import revoke_api_key
from training.models import ApiKey, ModelVersion
from training.providers.chat_stream import close_sessions
from training.streams import open_replies

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/v1/chat/completions"


@pytest.fixture(autouse=True)
def provider(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> FaultServer:
    monkeypatch.setattr(get_config(), "openai_base_url", server.base_url)
    monkeypatch.setattr(get_config(), "openai_api_key", SecretStr(KEY))
    server.state.reply = ["Who ", "moved ", "the moon?"]
    return server


@pytest_asyncio.fixture(autouse=True)
async def closed_connections() -> AsyncIterator[None]:
    yield
    await close_sessions()
    await sync_to_async(connections.close_all)()


@pytest.fixture
def model() -> ModelVersion:
    return ModelVersionFactory(name="vex-1", provider="openai", served_name="gpt-4o-mini")


def asked(**more: object) -> dict[str, object]:
    return {"model": "vex-1", "messages": [{"role": "user", "content": "Where?"}]} | more


async def test_a_completion_is_what_the_official_document_says(
    model: ModelVersion, provider: FaultServer
) -> None:
    key, secret = await sync_to_async(make_key)(model.project)
    parts = [{"type": "text", "text": "PIP: "}, {"type": "text", "text": "Where?"}]
    messages = [
        {"role": "developer", "content": "You are Vex."},
        {"role": "user", "content": parts},
    ]
    response = await complete(secret, asked(messages=messages, max_completion_tokens=40, seed=3))
    body = judged(response, "POST", PATH)
    assert body["model"] == "vex-1"
    assert body["choices"][0]["message"]["content"] == "Who moved the moon?"
    assert body["usage"] == {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
    sent = provider.received[-1].json()
    assert (sent["model"], sent["max_tokens"], sent["seed"]) == ("gpt-4o-mini", 40, 3)
    assert sent["messages"][1] == {"role": "user", "content": "PIP: Where?"}
    await key.arefresh_from_db()
    assert (key.used_tokens, key.request_count) == (12, 1)
    assert key.last_used_at is not None


async def test_every_chunk_of_a_stream_is_what_the_official_document_says(
    model: ModelVersion,
) -> None:
    key, secret = await sync_to_async(make_key)(model.project)
    options = {"include_usage": True}
    response = await complete(secret, asked(stream=True, stream_options=options))
    *events, done = await chunks(response)
    assert response["Content-Type"].startswith("text/event-stream")
    assert done == "[DONE]"
    for event in events:
        judge_chunk(event)
    deltas = [event["choices"][0]["delta"] for event in events if event["choices"]]
    assert "".join(delta.get("content", "") for delta in deltas) == "Who moved the moon?"
    assert events[-2]["choices"][0]["finish_reason"] == "stop"
    assert events[-1]["usage"]["total_tokens"] == 12
    await key.arefresh_from_db()
    assert key.used_tokens == 12


BAD = (
    ({"messages": []}, "messages"),
    ({"messages": "Hi"}, "messages"),
    ({"messages": [{"role": "usr", "content": "Hi"}]}, "messages.0.role"),
    ({"messages": [{"role": "user"}]}, "messages.0.content"),
    ({"temperature": 3}, "temperature"),
    ({"top_p": 2}, "top_p"),
    ({"n": 0}, "n"),
    ({"n": 2}, "n"),
    ({"stream": "yes"}, "stream"),
    ({"model": None}, "model"),
    ({"model": "a\0b"}, "model"),
    ({"tools": [{"type": "function"}]}, "tools"),
    ({"response_format": {"type": "json_object"}}, "response_format"),
    ({"temprature": 1}, "temprature"),
    ({"stream_options": {"include_usage": True}}, None),
)


async def test_a_bad_request_is_refused_by_the_name_of_its_field(
    model: ModelVersion, provider: FaultServer
) -> None:
    _, secret = await sync_to_async(make_key)(model.project)
    for body, param in BAD:
        response = await complete(secret, asked(**body))
        error = judged(response, "POST", PATH)["error"]
        assert response.status_code == HTTPStatus.BAD_REQUEST
        assert (error["param"] or "").startswith(param or "")
        assert error["type"] == "invalid_request_error"
    assert provider.count("chat") == 0


async def test_who_may_not_is_told_why(model: ModelVersion, provider: FaultServer) -> None:
    key, secret = await sync_to_async(make_key)(model.project)
    _, trains = await sync_to_async(make_key)(
        model.project, Role.MANAGER, may_chat=False, may_train=True
    )
    other = await sync_to_async(ModelVersionFactory)(name="elsewhere")
    found = []
    for sent, body in (
        ("wrong", asked()),
        (secret, asked(model="elsewhere")),
        (trains, asked()),
    ):
        response = await complete(sent, body)
        found.append((response.status_code, judged(response, "POST", PATH)["error"]["code"]))
    assert found == [
        (401, "invalid_api_key"),
        (404, "model_not_found"),
        (403, "insufficient_permissions"),
    ]
    await Membership.objects.filter(user=key.user).adelete()
    assert (await complete(secret, asked())).status_code == HTTPStatus.NOT_FOUND
    await sync_to_async(revoke_api_key)(key, actor=key.user)
    assert (await complete(secret, asked())).status_code == HTTPStatus.UNAUTHORIZED
    assert provider.count("chat") == 0
    assert other.name == "elsewhere"


async def test_tokens_of_a_month_and_messages_of_a_minute_end(
    model: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, secret = await sync_to_async(make_key)(model.project, tokens_per_month=60)
    assert (await complete(secret, asked(max_tokens=50))).status_code == HTTPStatus.OK
    response = await complete(secret, asked(max_tokens=50))
    error = judged(response, "POST", PATH)["error"]
    assert (response.status_code, error["type"]) == (429, "insufficient_quota")
    assert response["x-should-retry"] == "false"
    monkeypatch.setattr(get_config(), "chat_messages_per_minute", 2)
    response = await complete(secret, asked(max_tokens=5))
    assert judged(response, "POST", PATH)["error"]["code"] == "rate_limit_exceeded"
    assert int(response["Retry-After"]) > 0


@pytest.mark.parametrize("stream", [False, True])
async def test_a_refusal_of_the_models_server_keeps_what_the_caller_can_change(
    model: ModelVersion, provider: FaultServer, stream: bool
) -> None:
    key, secret = await sync_to_async(make_key)(model.project)
    found = []
    for status in (400, 401, 429, 500):
        provider.fail("chat", refusal(status, "some_code", "Too long."))
        response = await complete(secret, asked(stream=stream))
        judged(response, "POST", PATH)
        found.append(response.status_code)
    assert found == [400, 502, 429, 502]
    await key.arefresh_from_db()
    assert key.used_tokens == 0


async def test_a_stream_that_breaks_off_ends_with_an_error_and_not_as_if_done(
    model: ModelVersion, provider: FaultServer
) -> None:
    key, secret = await sync_to_async(make_key)(model.project)
    provider.fail("chat", Fault(chunks=2))
    *_, last = await chunks(await complete(secret, asked(stream=True)))
    assert last["error"]["type"] == "server_error"
    await key.arefresh_from_db()
    assert 0 < key.used_tokens < 50


@pytest.fixture(scope="module")
def application() -> Iterator[Application]:
    running = Application()
    yield running
    running.close()


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110  # another task's doing, which tells nobody
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("stream", [False, True])
async def test_who_leaves_ends_the_generation(
    model: ModelVersion, application: Application, monkeypatch: pytest.MonkeyPatch, stream: bool
) -> None:
    _, secret = await sync_to_async(make_key)(model.project)
    async with slow_model() as slow:
        monkeypatch.setattr(get_config(), "openai_base_url", f"http://127.0.0.1:{slow.port}/v1")
        program = Reader.with_key(application, secret, PATH, json.dumps(asked(stream=stream)))
        await until(lambda: slow.open_now == 1)
        if stream:
            await program.until(lambda body: b"word1 " in body, seconds=20)
        await program.leave()
        await until(lambda: slow.open_now == 0)
    assert not open_replies.OPEN_REPLIES.relays


async def test_a_revoked_key_ends_its_streams(
    model: ModelVersion, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_replies, "WATCH_SECONDS", 0.1)
    key, secret = await sync_to_async(make_key)(model.project)
    async with slow_model() as slow:
        monkeypatch.setattr(get_config(), "openai_base_url", f"http://127.0.0.1:{slow.port}/v1")
        program = Reader.with_key(application, secret, PATH, json.dumps(asked(stream=True)))
        await program.until(lambda body: b"word1 " in body, seconds=20)
        assert await ApiKey.objects.filter(pk=key.pk, revoked_at=None).acount() == 1
        await sync_to_async(revoke_api_key)(key, actor=key.user)
        await program.end(seconds=20)
    assert b"may no longer chat here" in program.body
    assert b"permission_error" in program.body
    assert b"[DONE]" not in program.body
