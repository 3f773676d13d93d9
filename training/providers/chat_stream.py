"""Streamed chat completions, cheaply: the openai client's raw bytes and a parser of our own.

Building the client's chunk objects is the dearest part of a stream, so only the transport, the
errors and the authentication come from it.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from training.errors import TrainingError
from training.providers.model_server import Endpoint, ModelServerError

if TYPE_CHECKING:
    from openai import AsyncOpenAI

CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 60.0  # between two tokens

_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, str], "AsyncOpenAI"]] = (
    WeakKeyDictionary()
)


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of a reply; the last one carries why it ended, one more may carry the usage."""

    text: str = ""
    finish_reason: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


async def stream_reply(endpoint: Endpoint, payload: dict[str, Any]) -> AsyncIterator[Delta]:
    """Stream one completion; closing the iterator closes the connection, which ends generation.

    Args:
        payload: the body of ``/chat/completions`` without ``stream``.

    Raises:
        ModelServerError: refused, unreachable, silent for a minute, or ended without a reason.
    """
    import openai  # noqa: PLC0415  # slow and large, only where a model is asked

    client = await _client(endpoint)
    body = {**payload, "stream": True, "stream_options": {"include_usage": True}}
    try:
        async with client.chat.completions.with_streaming_response.create(**body) as response:
            finished = False
            async for delta in parse_events(response.iter_bytes()):
                finished = finished or delta.finish_reason is not None
                yield delta
    except openai.APIStatusError as error:
        raise ModelServerError(_status_sentence(error.status_code, _detail(error))) from error
    except openai.APIConnectionError as error:
        msg = "The model server cannot be reached or fell silent. Try again in a moment."
        raise ModelServerError(msg) from error
    except openai.OpenAIError as error:
        msg = f"The model server could not answer: {error}"
        raise ModelServerError(msg) from error
    except (OSError, TimeoutError) as error:
        msg = "The connection to the model server broke off."
        raise ModelServerError(msg) from error
    if not finished:
        msg = "The reply broke off before its end."
        raise ModelServerError(msg)


async def parse_events(chunks: AsyncIterator[bytes]) -> AsyncIterator[Delta]:
    """Parse the server-sent events of a streamed completion.

    Lines are split on the byte of a line feed only, so that a character in two pieces is whole
    again; comments and blank lines are passed over.

    Raises:
        ModelServerError: an error object or broken JSON came instead of a chunk.
    """
    buffer = b""
    async for chunk in chunks:
        buffer += chunk
        *lines, buffer = buffer.split(b"\n")
        for line in lines:
            if delta := _parse_line(line.strip()):
                yield delta
    if delta := _parse_line(buffer.strip()):
        yield delta


def _parse_line(line: bytes) -> Delta | None:
    if not line.startswith(b"data:"):
        return None
    data = line[5:].strip()
    if data == b"[DONE]":
        return None
    try:
        event = json.loads(data)
    except ValueError as error:
        msg = "The model server sent something that is no answer."
        raise ModelServerError(msg) from error
    if not isinstance(event, dict):
        msg = "The model server sent something that is no answer."
        raise ModelServerError(msg)
    if error_object := event.get("error"):
        detail = error_object.get("message") if isinstance(error_object, dict) else error_object
        msg = f"The model server broke off: {detail}"
        raise ModelServerError(msg)
    usage = event.get("usage") or {}
    choice = (event.get("choices") or [{}])[0]
    return Delta(
        text=(choice.get("delta") or {}).get("content") or "",
        finish_reason=choice.get("finish_reason"),
        prompt_tokens=usage.get("prompt_tokens"),
        completion_tokens=usage.get("completion_tokens"),
    )


def _status_sentence(status: int, detail: str) -> str:
    match status:
        case 401 | 403:
            return "The model server refused the key. An operator checks the settings."
        case 404:
            return f"The model server does not know this model. {detail}".strip()
        case 429:
            return f"The model server is busy. Try again in a moment. {detail}".strip()
        case _ if 300 <= status < 400:
            return "The model server answered with a redirect, which is not followed."
        case _:
            return f"The model server refused ({status}). {detail}".strip()


def _detail(error: Any) -> str:
    body = error.body if isinstance(error.body, dict) else {}
    return str(body.get("message") or "")[:300]


async def _client(endpoint: Endpoint) -> "AsyncOpenAI":
    """Return the client of this address and event loop; made once, kept until it is closed."""
    of_loop = _clients.setdefault(asyncio.get_running_loop(), {})
    key = (endpoint.base_url, str(endpoint.key))
    if key not in of_loop:
        await _check(endpoint.base_url)
        of_loop[key] = _new_client(*key)
    return of_loop[key]


async def _check(base_url: str) -> None:
    from training.providers.outbound import check_address  # noqa: PLC0415  # loads the HTTP stack

    try:
        await asyncio.to_thread(check_address, base_url)
    except TrainingError as error:
        raise ModelServerError(str(error)) from error


def _new_client(base_url: str, key: str) -> "AsyncOpenAI":
    import openai  # noqa: PLC0415

    timeout = openai.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS)
    transport = openai.DefaultAioHttpClient(
        follow_redirects=False, trust_env=False, timeout=timeout
    )
    return openai.AsyncOpenAI(
        base_url=base_url, api_key=key, max_retries=0, timeout=timeout, http_client=transport
    )


async def close_clients() -> None:
    """Close the connections of this event loop; for processes that end and for tests."""
    for client in _clients.pop(asyncio.get_running_loop(), {}).values():
        await client.close()
