"""Streamed chat completions, straight from the socket.

The openai library does everything else; here its objects and its client would cost more than all
the rest of a stream together, so the bytes are read by aiohttp and parsed in place.
"""

import asyncio
import json
import socket
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from training.errors import TrainingError
from training.providers.chat_events import Delta, EventReader
from training.providers.model_server import Endpoint, ModelServerError

if TYPE_CHECKING:
    import aiohttp

CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 60.0  # between two tokens
KEPT_SECONDS = 4.0  # shorter than any server keeps an idle connection: uvicorn closes after five
LONGEST_ERROR_BYTES = 64 * 1024

_sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, "aiohttp.ClientSession"]] = (
    WeakKeyDictionary()
)


async def read_reply(
    endpoint: Endpoint, payload: dict[str, Any], *, take: Callable[[Delta], None]
) -> None:
    """Read one completion to its end; cancelling the task closes the connection and the generation.

    Args:
        payload: the body of ``/chat/completions`` without ``stream``.
        take: is given every piece; what arrived together comes as one.

    Raises:
        ModelServerError: refused, unreachable, silent for a minute, or ended without a reason.
    """
    import aiohttp  # noqa: PLC0415  # only where a model is asked

    reader, loop = EventReader(), asyncio.get_running_loop()
    try:
        async with (
            asyncio.timeout(SILENCE_SECONDS) as silence,
            _post(await _session(endpoint.base_url), endpoint, payload) as response,
        ):
            if response.status != HTTPStatus.OK:
                sentence = _status_sentence(response.status, await _detail(response))
                raise ModelServerError(sentence, status=response.status)
            heard_at = loop.time()
            while data := await response.content.readany():
                if loop.time() - heard_at > 1:  # a timer for every token would cost more than it
                    heard_at = loop.time()
                    silence.reschedule(heard_at + SILENCE_SECONDS)
                if delta := reader.feed(data):
                    take(delta)
                if reader.fault:
                    raise reader.fault
    except (aiohttp.ClientError, TimeoutError) as error:
        msg = "The model server cannot be reached or fell silent. Try again in a moment."
        raise ModelServerError(msg) from error
    except OSError as error:
        msg = "The connection to the model server broke off."
        raise ModelServerError(msg) from error
    if delta := reader.feed(b"\n"):
        take(delta)
    if reader.fault or not reader.has_finished:
        raise reader.fault or ModelServerError("The reply broke off before its end.")


def _post(session: "aiohttp.ClientSession", endpoint: Endpoint, payload: dict[str, Any]) -> Any:
    body = {**payload, "stream": True, "stream_options": {"include_usage": True}}
    return session.post(
        f"{endpoint.base_url.rstrip('/')}/chat/completions",
        data=json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(),
        headers={
            "Authorization": f"Bearer {str(endpoint.key)}",  # noqa: RUF010  # not its repr
            "Content-Type": "application/json",
            "Accept": "text/event-stream",
            "Accept-Encoding": "identity",
        },
        allow_redirects=False,
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


async def _detail(response: "aiohttp.ClientResponse") -> str:
    """Return the words of an error of the protocol, if it is one."""
    try:
        error = json.loads(await response.content.read(LONGEST_ERROR_BYTES))["error"]
        return str(error.get("message") or "")[:300]
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""


async def _session(base_url: str) -> "aiohttp.ClientSession":
    """Return the connections to this address of this event loop; made once, kept until closed."""
    of_loop = _sessions.setdefault(asyncio.get_running_loop(), {})
    if base_url not in of_loop:
        await _check(base_url)
        if base_url not in of_loop:  # another stream may have been quicker
            of_loop[base_url] = _new_session(base_url)
    return of_loop[base_url]


async def _check(base_url: str) -> None:
    from training.providers.outbound import check_address  # noqa: PLC0415  # loads the HTTP stack

    try:
        await asyncio.to_thread(check_address, base_url)
    except TrainingError as error:
        raise ModelServerError(str(error)) from error


def _new_session(base_url: str) -> "aiohttp.ClientSession":
    """Connect to the one checked address only, whatever the name leads to."""
    import aiohttp  # noqa: PLC0415
    from aiohttp.abc import AbstractResolver, ResolveResult  # noqa: PLC0415

    from training.providers.outbound import (  # noqa: PLC0415
        names_private_address,
        parse_origin,
        resolve,
    )

    origin = parse_origin(base_url)

    class CheckedResolver(AbstractResolver):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[ResolveResult]:
            address = await asyncio.to_thread(
                resolve, origin, allow_private=names_private_address(origin)
            )
            kind = socket.AF_INET6 if ":" in address else socket.AF_INET
            return [
                ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=0)
            ]

        async def close(self) -> None:
            return

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=0, keepalive_timeout=KEPT_SECONDS, resolver=CheckedResolver()
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
        auto_decompress=False,
    )


async def close_sessions() -> None:
    """Close the connections of this event loop; for processes that end and for tests."""
    for session in _sessions.pop(asyncio.get_running_loop(), {}).values():
        await session.close()
