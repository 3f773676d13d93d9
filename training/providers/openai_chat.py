"""Chat over the OpenAI protocol, for commands and tasks."""

import json
from collections.abc import Iterator
from typing import Any

import httpx2

from .base import ChatPiece, ChatRequest
from .errors import BrokenStreamError, ProviderAnswerError, ProviderError
from .openai_protocol import make_client
from .outbound import TIMEOUT
from .translation import translated


class OpenAIChatProvider:
    """A server that speaks the chat completions of the OpenAI protocol."""

    def __init__(self, base_url: str, api_key: str, *, timeout: httpx2.Timeout = TIMEOUT) -> None:
        """Prepare the client; nothing is sent."""
        self._client = make_client(base_url, api_key, timeout=timeout)

    def complete(self, request: ChatRequest) -> ChatPiece:
        """Return the whole reply.

        Raises:
            ProviderError: no reply came.
        """
        with translated():
            answer = self._client.chat.completions.create(**_arguments(request))
        choices = getattr(answer, "choices", None)
        if not choices:
            raise ProviderAnswerError("The model's answer is not in the OpenAI protocol.")
        usage = answer.usage
        return ChatPiece(
            text=choices[0].message.content or "",
            finish_reason=choices[0].finish_reason or "",
            prompt_tokens=usage.prompt_tokens if usage else None,
            completion_tokens=usage.completion_tokens if usage else None,
        )

    def stream(self, request: ChatRequest) -> Iterator[ChatPiece]:
        """Yield the reply as it is written.

        Raises:
            BrokenStreamError: it ended before it was finished, or an error came in between; what
                was written so far is in ``partial``.
            ProviderError: it did not begin.
        """
        with translated():
            stream = self._client.chat.completions.create(
                **_arguments(request), stream=True, stream_options={"include_usage": True}
            )
        text, finished = "", False
        try:
            with translated(), stream:
                for chunk in stream:
                    piece = _piece(chunk)
                    text += piece.text
                    finished = finished or bool(piece.finish_reason)
                    yield piece
        except (ProviderError, json.JSONDecodeError) as error:
            raise BrokenStreamError(f"The reply broke off. {error}", partial=text) from error
        if not finished:
            msg = "The reply broke off: the connection ended before it was finished."
            raise BrokenStreamError(msg, partial=text)


def _arguments(request: ChatRequest) -> dict[str, Any]:
    optional = {
        "temperature": request.temperature,
        "top_p": request.top_p,
        "max_tokens": request.max_tokens,
        "seed": request.seed,
    }
    given = {name: value for name, value in optional.items() if value is not None}
    return {"model": request.model, "messages": list(request.messages)} | given


def _piece(chunk: Any) -> ChatPiece:
    usage = getattr(chunk, "usage", None)
    choice = chunk.choices[0] if getattr(chunk, "choices", None) else None
    return ChatPiece(
        text=(choice.delta.content or "") if choice else "",
        finish_reason=(choice.finish_reason or "") if choice else "",
        prompt_tokens=usage.prompt_tokens if usage else None,
        completion_tokens=usage.completion_tokens if usage else None,
    )
