"""Replies as they come: identify, authorise, store, let the database go, then stream."""

import asyncio
import time
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from rickproject.config import get_config
from rickproject.lib.errors import RickError
from rickproject.lib.limits import LimitReachedError
from rickproject.lib.numbers import is_key
from rickproject.lib.sse import PING, event, stream_events
from training.access.chat import own_conversation, own_reply
from training.domain.chat import ask, close_reply, regenerate, request_body
from training.enums import MessageState
from training.models import Message
from training.providers.chat_stream import Delta, stream_reply
from training.providers.model_server import ModelServerError, endpoint_of

PING_SECONDS = 15
_streams_now: set[int] = set()


@require_POST
async def message_stream(request: HttpRequest, slug: str, pk: int) -> HttpResponseBase:
    """Send a message, or ask for another reply, and stream the answer.

    Without ``Accept: text/event-stream`` the whole answer is awaited and the page shown again.
    """
    wants_events = "text/event-stream" in request.headers.get("Accept", "")
    if len(_streams_now) >= get_config().chat_streams_per_process:
        busy = LimitReachedError(
            "Everybody is talking at once. Try again in a few seconds.", retry_after_seconds=5
        )
        return _refusal(busy, wants_events=wants_events)
    try:
        reply = await sync_to_async(_open)(request, slug, pk)
    except RickError as error:
        return _refusal(error, wants_events=wants_events)
    events = _reply_events(reply)
    if wants_events:
        return stream_events(events)
    async for _ in events:
        pass
    return redirect("conversation", slug, pk)


def _open(request: HttpRequest, slug: str, pk: int) -> Message:
    """Do everything that needs the database, then let it go for as long as the stream lasts."""
    try:
        conversation = own_conversation(request.user, slug, pk)
        if again := request.POST.get("again"):
            return regenerate(
                conversation, own_reply(conversation, int(again) if is_key(again) else 0)
            )
        return ask(
            conversation,
            text=request.POST.get("text", ""),
            speaker=request.POST.get("speaker"),
            client_key=request.POST.get("client_key", "").replace("\0", "")[:64] or None,
        )
    finally:
        _let_the_database_go()


def _let_the_database_go() -> None:
    """Close this thread's connection, unless a caller's transaction still needs it."""
    if not connection.in_atomic_block:
        connection.close()


async def _reply_events(reply: Message) -> AsyncIterator[bytes]:
    facts: dict[str, Any] = {"content": ""}
    state, started = MessageState.STOPPED, time.monotonic()
    _streams_now.add(reply.pk)
    try:
        yield event(
            "start",
            {
                "question": reply.parent_id,
                "reply": reply.pk,
                "unsent": reply.unsent_count,
                "title": reply.conversation.title,
            },
        )
        async for delta in _with_pings(reply):
            if delta is None:
                yield PING
            elif piece := _take(delta, facts, started):
                yield event("delta", {"text": piece})
        state = MessageState.COMPLETE
        yield event(
            "end",
            {
                "state": state,
                "finish_reason": facts.get("finish_reason", ""),
                "tokens": facts.get("completion_tokens"),
                "seconds": round(time.monotonic() - started, 2),
            },
        )
    except ModelServerError as error:
        state = MessageState.FAILED
        facts |= {"error_code": error.code, "error_detail": str(error)}
        yield event("failed", {"message": str(error)})
    finally:
        _streams_now.discard(reply.pk)
        facts["total_ms"] = round((time.monotonic() - started) * 1000)
        await sync_to_async(_close)(reply, state, facts)


def _take(delta: Delta, facts: dict[str, Any], started: float) -> str:
    if delta.text and "first_token_ms" not in facts:
        facts["first_token_ms"] = round((time.monotonic() - started) * 1000)
    facts["content"] += delta.text
    for name in ("finish_reason", "prompt_tokens", "completion_tokens"):
        if (value := getattr(delta, name)) is not None:
            facts[name] = value
    return delta.text


async def _with_pings(reply: Message) -> AsyncIterator[Delta | None]:
    """Yield what the model sends, and None whenever it was silent for a while.

    Leaving this iterator closes the connection to the model server, which ends the generation.
    """
    if reply.model is None:
        return
    stream = stream_reply(endpoint_of(reply.model.provider), request_body(reply))
    pending: asyncio.Future[Delta] | None = None
    try:
        while True:
            pending = pending or asyncio.ensure_future(anext(stream))
            done, _ = await asyncio.wait({pending}, timeout=PING_SECONDS)
            if not done:
                yield None
                continue
            try:
                delta = pending.result()
            except StopAsyncIteration:
                return
            finally:
                pending = None
            yield delta
    finally:
        if pending:
            pending.cancel()
            await asyncio.gather(pending, return_exceptions=True)
        await stream.aclose()  # type: ignore[attr-defined]  # an async generator


def _close(reply: Message, state: MessageState, facts: dict[str, Any]) -> None:
    close_reply(reply, state=state, **facts)
    _let_the_database_go()


def _refusal(error: RickError, *, wants_events: bool) -> HttpResponse:
    limited = isinstance(error, LimitReachedError)
    status = HTTPStatus.TOO_MANY_REQUESTS if limited else HTTPStatus.UNPROCESSABLE_ENTITY
    if wants_events:
        response: HttpResponse = JsonResponse(
            {"error": {"code": error.code, "message": str(error)}}, status=status
        )
    else:
        response = HttpResponse(str(error), content_type="text/plain; charset=utf-8", status=status)
    if isinstance(error, LimitReachedError):
        response["Retry-After"] = str(error.retry_after_seconds)
    return response
