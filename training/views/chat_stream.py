"""Replies as they come: identify, authorise, store, let the database go, then stream."""

from collections.abc import AsyncIterator
from functools import partial
from http import HTTPStatus

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from curation.access import signed_in
from rickproject.lib.errors import RickError
from rickproject.lib.limits import LimitReachedError, LimitsUnavailableError
from rickproject.lib.numbers import is_key
from rickproject.lib.sse import PING, event, stream_events
from training.access.chat import Talker, own_conversation, own_message
from training.domain.chat import answer, ask, regenerate
from training.domain.chat_turns import TurnError
from training.models import Conversation, Message
from training.providers.model_server import ModelServerError
from training.streams.open_replies import OPEN_REPLIES
from training.streams.relay import MessageRelay, let_the_database_go
from training.views.chat import conversation_page

UNKNOWN_TURN = -1


@require_POST
async def message_stream(request: HttpRequest, slug: str, pk: int) -> HttpResponseBase:
    """Send a message, or ask for another reply, and stream the answer.

    Without ``Accept: text/event-stream`` the whole answer is awaited and the page shown again.
    """
    wants_events = _wants_events(request)
    try:
        relay = await OPEN_REPLIES.open(partial(_open, request, slug, pk))
    except RickError as error:
        if wants_events:
            return _refusal(error)
        return await sync_to_async(_refusal_page)(request, slug, pk, error)
    events = _reply_events(relay)
    if wants_events:
        return stream_events(events)
    async for _ in events:
        pass
    return redirect("conversation", slug, pk)


def _open(request: HttpRequest, slug: str, pk: int) -> MessageRelay:
    """Do everything that needs the database, then let it go for as long as the stream lasts."""
    try:
        conversation = own_conversation(request.user, slug, pk)
        user = signed_in(request)
        key = request.session.session_key or ""
        talker = Talker(user.pk, user.password, key, conversation.project_id)
        return MessageRelay(_next_reply(request, conversation), talker)
    finally:
        let_the_database_go(thread_lasts=_wants_events(request))


def _wants_events(request: HttpRequest) -> bool:
    return "text/event-stream" in request.headers.get("Accept", "")


def _next_reply(request: HttpRequest, conversation: Conversation) -> Message:
    seen = request.POST.get("turn", "")
    turn = int(seen) if is_key(seen) else UNKNOWN_TURN
    if again := request.POST.get("again"):
        earlier = own_message(conversation, int(again) if is_key(again) else 0)
        return regenerate(conversation, earlier, turn=turn)
    if request.POST.get("answer"):
        return answer(conversation, turn=turn)
    instead = request.POST.get("instead_of")
    return ask(
        conversation,
        instead_of=own_message(conversation, int(instead) if is_key(instead) else 0)
        if instead
        else None,
        text=request.POST.get("text", ""),
        speaker=request.POST.get("speaker"),
        client_key=request.POST.get("client_key", "").replace("\0", "")[:64] or None,
        turn=turn,
    )


async def _reply_events(relay: MessageRelay) -> AsyncIterator[bytes]:
    reply = relay.reply
    try:
        yield event(
            "start",
            {
                "question": reply.parent_id,
                "reply": reply.pk,
                "turn": reply.conversation.turn,
                "unsent": reply.unsent_count,
                "title": reply.conversation.title,
            },
        )
        while (text := await relay.part()) is not None:
            yield event("delta", {"text": text}) if text else _sign_of_life(relay)
        await OPEN_REPLIES.close(relay)  # who hears of the end finds it stored
        yield event(
            "end",
            {
                "state": relay.state,
                "finish_reason": relay.facts.get("finish_reason", ""),
                "tokens": relay.facts.get("completion_tokens"),
                "seconds": round(relay.seconds, 2),
            },
        )
    except ModelServerError as error:
        yield event("failed", {"message": str(error)})
    finally:
        await OPEN_REPLIES.close(relay)


def _sign_of_life(relay: MessageRelay) -> bytes:
    return PING if relay.before is None else event("waiting", {"before": relay.before})


def _status_of(error: RickError) -> HTTPStatus:
    match error:
        case LimitReachedError():
            return HTTPStatus.TOO_MANY_REQUESTS
        case LimitsUnavailableError():
            return HTTPStatus.SERVICE_UNAVAILABLE
        case TurnError():
            return HTTPStatus.CONFLICT
        case _:
            return HTTPStatus.UNPROCESSABLE_ENTITY


def _refusal(error: RickError) -> HttpResponse:
    words = {"error": {"code": error.code, "message": str(error)}}
    return _with_retry(JsonResponse(words, status=_status_of(error)), error)


def _refusal_page(request: HttpRequest, slug: str, pk: int, error: RickError) -> HttpResponse:
    """Show the conversation as it is now, with what was typed still in the box."""
    talk = own_conversation(request.user, slug, pk)
    response = conversation_page(
        request,
        talk,
        problem=str(error),
        draft=request.POST.get("text", ""),
        status=_status_of(error),
    )
    return _with_retry(response, error)


def _with_retry(response: HttpResponse, error: RickError) -> HttpResponse:
    if isinstance(error, LimitReachedError):
        response["Retry-After"] = str(error.retry_after_seconds)
    return response
