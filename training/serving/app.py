"""The HTTP doors of the model server."""

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from aiohttp import web

from training.serving.engine import RETRY_AFTER_SECONDS, Engine
from training.serving.generation import Generation, Piece
from training.serving.protocol import Answer, RequestError, model_object, parse_request
from training.serving.registry import list_entries, read_entry

LARGEST_BODY = 2_000_000  # bytes
QUIET_SECONDS = 1.0  # that a reader waits before the place in the queue is told, and told again
ENGINE: web.AppKey[Engine] = web.AppKey("engine", Engine)
MODELS_DIR: web.AppKey[Path] = web.AppKey("models_dir", Path)
API_KEY: web.AppKey[str] = web.AppKey("api_key", str)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def create_app(*, engine: Engine, models_dir: Path, api_key: str) -> web.Application:
    """Return the application; every route but ``/healthz`` wants the key as a bearer token."""
    app = web.Application(middlewares=[_guard], client_max_size=LARGEST_BODY)
    app[ENGINE], app[MODELS_DIR], app[API_KEY] = engine, models_dir, api_key
    app.router.add_get("/healthz", health)
    app.router.add_get("/v1/models", models)
    app.router.add_get("/v1/models/{name}", model)
    app.router.add_post("/v1/chat/completions", chat_completions)
    return app


async def health(request: web.Request) -> web.Response:
    """Say that the server lives and what it is doing."""
    return web.json_response({"status": "ok", **request.app[ENGINE].counts()})


async def models(request: web.Request) -> web.Response:
    """List the models."""
    entries = list_entries(request.app[MODELS_DIR])
    return web.json_response({"object": "list", "data": [model_object(item) for item in entries]})


async def model(request: web.Request) -> web.Response:
    """Describe one model."""
    entry = read_entry(request.app[MODELS_DIR], request.match_info["name"])
    if entry is None:
        raise _no_model(request.match_info["name"])
    return web.json_response(model_object(entry))


async def chat_completions(request: web.Request) -> web.StreamResponse:
    """Answer a conversation, whole or in a stream; a reader who leaves stops the model."""
    try:
        body = await request.json()
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise RequestError("The body is not JSON.") from error
    asked = parse_request(body)
    entry = read_entry(request.app[MODELS_DIR], asked.model)
    if entry is None:
        raise _no_model(asked.model)
    generation = Generation(entry, asked, asyncio.get_running_loop())
    request.app[ENGINE].submit(generation)
    answer = Answer(asked, fingerprint=entry.fingerprint)
    try:
        if asked.stream:
            return await _stream(request, generation, answer)
        return await _whole(generation, answer)
    finally:
        generation.cancelled = True


async def _whole(generation: Generation, answer: Answer) -> web.Response:
    _begin(answer, await _next_piece(generation))
    texts: list[str] = []
    while True:
        piece = await _next_piece(generation)
        texts.append(piece.text)
        if piece.finish_reason:
            answer.completion_tokens = piece.completion_tokens
            return web.json_response(answer.whole("".join(texts), piece.finish_reason))


async def _stream(
    request: web.Request, generation: Generation, answer: Answer
) -> web.StreamResponse:
    """Stream a reply; one that must wait longer than a second is told how many are before it.

    A refusal within that second still comes with its status.
    """
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/event-stream; charset=utf-8",
            "Cache-Control": "no-cache",
            "X-Accel-Buffering": "no",
        }
    )
    first = await _piece_within(generation, QUIET_SECONDS)
    await response.prepare(request)
    try:
        while first is None:
            before = request.app[ENGINE].replies_before(generation)
            await response.write(f": before {before or 0}\n\n".encode())
            first = await _piece_within(generation, QUIET_SECONDS)
        _begin(answer, first)
        await _send(response, answer.chunk({"role": "assistant", "content": "", "refusal": None}))
        await _send_pieces(response, generation, answer)
    except RequestError as error:
        await _send(response, error.as_json())
        return response
    if generation.request.include_usage:
        await _send(response, answer.usage_chunk())
    await response.write(b"data: [DONE]\n\n")
    return response


async def _send_pieces(
    response: web.StreamResponse, generation: Generation, answer: Answer
) -> None:
    while True:
        piece = await _next_piece(generation)
        if piece.text:
            await _send(response, answer.chunk({"content": piece.text}))
        if piece.finish_reason:
            answer.completion_tokens = piece.completion_tokens
            await _send(response, answer.chunk({}, piece.finish_reason))
            return


def _begin(answer: Answer, first: Piece) -> None:
    answer.prompt_tokens = first.prompt_tokens or 0
    answer.dropped_messages = first.dropped_messages


async def _piece_within(generation: Generation, seconds: float) -> Piece | None:
    """Return the next piece, or None where none comes in time."""
    try:
        return await asyncio.wait_for(_next_piece(generation), seconds)
    except TimeoutError:
        return None


async def _next_piece(generation: Generation) -> Piece:
    piece = await generation.pieces.get()
    if isinstance(piece, RequestError):
        raise piece
    return piece


async def _send(response: web.StreamResponse, body: dict[str, Any]) -> None:
    line = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    await response.write(f"data: {line}\n\n".encode())


@web.middleware
async def _guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Ask for the key and put every refusal into the protocol's words."""
    try:
        if request.path != "/healthz":
            _check_key(request)
        return await handler(request)
    except RequestError as error:
        return _refusal(error)
    except web.HTTPException as error:
        status = error.status
        return _refusal(RequestError(HTTPStatus(status).phrase + ".", status=status))


def _check_key(request: web.Request) -> None:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    expected = request.app[API_KEY]
    right = hmac.compare_digest(key.strip().encode(), expected.encode())
    if scheme.lower() != "bearer" or not right:
        raise RequestError("The API key is missing or wrong.", status=401, code="invalid_api_key")


def _no_model(name: str) -> RequestError:
    return RequestError(
        f"The model {name[:200]!r} does not exist.",
        status=404,
        code="model_not_found",
        param="model",
    )


def _refusal(error: RequestError) -> web.Response:
    headers = {}
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        headers["X-Should-Retry"] = "false"  # the sentence says what to do; again helps nobody
    return web.json_response(error.as_json(), status=error.status, headers=headers)
