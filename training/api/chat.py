"""``/v1/chat/completions``: the chat page's way to a model, for programs."""

from collections.abc import AsyncIterator
from functools import partial

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from rickproject.config import get_config
from rickproject.lib.limits import spend
from rickproject.lib.sse import PING, stream_events
from training.access.api import caller_model, require_scope
from training.api.answers import DONE, finish_reason, line
from training.api.chat_body import ChatBody
from training.api.doors import admit, broken, labelled, read_body, wrong_method
from training.api.key_relay import KeyRelay
from training.api.models import no_model
from training.api.refusals import REFUSALS, as_api_error, error_object, refusal
from training.providers.model_server import ModelServerError
from training.streams.open_replies import OPEN_REPLIES
from training.streams.relay import let_the_database_go


@csrf_exempt
async def chat_completions(request: HttpRequest) -> HttpResponseBase:
    """Answer a conversation, whole or in a stream; who leaves ends the generation."""
    response: HttpResponseBase
    try:
        if request.method != "POST":
            raise wrong_method(["post"])
        relay = await OPEN_REPLIES.open(partial(_open, request))
        response = await (_stream(relay) if relay.streams else _whole(relay))
    except REFUSALS as error:
        response = refusal(error)
    except Exception as error:  # noqa: BLE001  # the outermost door: JSON for whoever reads it
        response = broken(error)
    return labelled(response)


def _open(request: HttpRequest) -> KeyRelay:
    """Do everything that needs the database, then let it go for as long as the answer lasts."""
    try:
        caller = admit(request)
        require_scope(caller, "chat")
        asked = read_body(request, ChatBody)
        model = caller_model(caller, asked.model)
        if model is None:
            raise no_model(asked.model)
        limit = get_config().chat_messages_per_minute
        spend("chat", caller.user.pk, limit=limit, seconds=60, what="send a message")
        return KeyRelay(caller, model=model, asked=asked)
    finally:
        let_the_database_go(thread_lasts="text/event-stream" in request.headers.get("Accept", ""))


async def _whole(relay: KeyRelay) -> HttpResponseBase:
    try:
        while await relay.part() is not None:
            pass
    finally:
        await OPEN_REPLIES.close(relay)
    return JsonResponse(relay.answer.whole(relay.facts))


async def _stream(relay: KeyRelay) -> HttpResponseBase:
    """Begin a stream once its first word, or fifteen seconds of waiting for it, are there.

    So a refusal of the model's server still comes with its status.
    """
    try:
        first = await relay.part()
    except BaseException:
        await OPEN_REPLIES.close(relay)
        raise
    return stream_events(_events(relay, first))


async def _events(relay: KeyRelay, text: str | None) -> AsyncIterator[bytes]:
    answer = relay.answer
    try:
        yield answer.chunk({"role": "assistant", "content": "", "refusal": None})
        while text is not None:
            yield answer.chunk({"content": text}) if text else PING
            text = await relay.part()
        yield answer.chunk({}, finish_reason(relay.facts))
        if answer.includes_usage:
            yield answer.usage_chunk(relay.facts)
        yield DONE
    except ModelServerError as error:
        yield line(error_object(as_api_error(error)))
    finally:
        await OPEN_REPLIES.close(relay)
