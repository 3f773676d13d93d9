"""Requests and answers of the OpenAI chat protocol, in the published shapes."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import uuid4

from training.serving.registry import ModelEntry

FinishReason = Literal["stop", "length"]
ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
MOST_STOPS = 4
MOST_MESSAGES = 2000
SAMPLING_LIMITS = {
    "temperature": (0.0, 2.0),
    "top_p": (0.0, 1.0),
    "min_p": (0.0, 1.0),
    "repetition_penalty": (0.5, 2.0),
}
UNSUPPORTED = ("tools", "functions", "response_format", "audio", "modalities", "prediction")


class RequestError(Exception):
    """A request cannot be answered; carries the HTTP status and the four fields of the error."""

    def __init__(
        self, message: str, *, status: int = 400, code: str | None = None, param: str | None = None
    ) -> None:
        """Keep what the error object needs."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.param = param

    def as_json(self) -> dict[str, Any]:
        """Return the error object."""
        kinds = {429: "rate_limit_error", 404: "not_found_error"}
        kind = "server_error" if self.status >= 500 else "invalid_request_error"
        return {
            "error": {
                "message": str(self),
                "type": kinds.get(self.status, kind),
                "param": self.param,
                "code": self.code,
            }
        }


@dataclass(frozen=True)
class ChatRequest:
    """A checked request; ``sampling`` holds what it names, the model's own defaults the rest."""

    model: str
    messages: tuple[tuple[str, str], ...]
    stream: bool = False
    include_usage: bool = False
    sampling: Mapping[str, float] = field(default_factory=dict)
    max_tokens: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()


@dataclass
class Answer:
    """What every chunk of one answer repeats, and what it used."""

    request: ChatRequest
    fingerprint: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    dropped_messages: int = 0
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    def whole(self, text: str, finish_reason: FinishReason) -> dict[str, Any]:
        """Return the body of an answer that is not streamed."""
        message = {"role": "assistant", "content": text, "refusal": None}
        return {
            **self._head("chat.completion"),
            "choices": [
                {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason}
            ],
            "usage": self._usage(),
            "dropped_messages": self.dropped_messages,
        }

    def chunk(
        self, delta: Mapping[str, Any], finish_reason: FinishReason | None = None
    ) -> dict[str, Any]:
        """Return one chunk of a streamed answer."""
        body = {
            **self._head("chat.completion.chunk"),
            "choices": [
                {
                    "index": 0,
                    "delta": dict(delta),
                    "logprobs": None,
                    "finish_reason": finish_reason,
                }
            ],
        }
        if self.request.include_usage:
            body["usage"] = None
        if "role" in delta or finish_reason:
            body["dropped_messages"] = self.dropped_messages
        return body

    def usage_chunk(self) -> dict[str, Any]:
        """Return the last chunk of those who asked for the usage."""
        return {**self._head("chat.completion.chunk"), "choices": [], "usage": self._usage()}

    def _head(self, kind: str) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.request.model,
            "system_fingerprint": f"fp_{self.fingerprint}",
        }

    def _usage(self) -> dict[str, int]:
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.prompt_tokens + self.completion_tokens,
        }


def model_object(entry: ModelEntry) -> dict[str, Any]:
    """Return a model as ``/v1/models`` lists it."""
    return {
        "id": entry.name,
        "object": "model",
        "created": int(entry.changed_at),
        "owned_by": "rickproject",
        "context_tokens": entry.context_tokens,
    }


def parse_request(body: object) -> ChatRequest:
    """Check a request body.

    Raises:
        RequestError: status 400, naming the field.
    """
    if not isinstance(body, dict):
        raise RequestError("The body must be a JSON object.")
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise RequestError("You must name a model.", param="model")
    for name in UNSUPPORTED:
        if body.get(name):
            raise _unsupported(name)
    if body.get("n") not in {None, 1}:
        raise _unsupported("n")
    if body.get("logprobs"):
        raise _unsupported("logprobs")
    options = body.get("stream_options") or {}
    if not isinstance(options, dict):
        raise RequestError("stream_options must be an object.", param="stream_options")
    limit = body.get("max_completion_tokens")
    return ChatRequest(
        model=model,
        messages=_messages(body.get("messages")),
        stream=bool(body.get("stream")),
        include_usage=bool(options.get("include_usage")),
        sampling=_sampling(body),
        max_tokens=_whole(body, "max_tokens" if limit is None else "max_completion_tokens", low=1),
        seed=_whole(body, "seed", low=-(2**63)),
        stop=_stop(body.get("stop")),
    )


def _messages(raw: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(raw, list) or not raw:
        raise RequestError("messages must be a list with at least one message.", param="messages")
    if len(raw) > MOST_MESSAGES:
        raise RequestError(f"At most {MOST_MESSAGES} messages are taken.", param="messages")
    return tuple(_message(item, index) for index, item in enumerate(raw))


def _message(item: object, index: int) -> tuple[str, str]:
    where = f"messages[{index}]"
    if not isinstance(item, dict) or item.get("role") not in ROLES:
        raise RequestError(f"{where} needs one of the roles {', '.join(ROLES)}.", param=where)
    content = item.get("content")
    if isinstance(content, list):
        parts = [
            part.get("text")
            for part in content
            if isinstance(part, dict) and part.get("type") == "text"
        ]
        texts = [text for text in parts if isinstance(text, str)]
        content = "".join(texts) if len(texts) == len(content) else None
    if not isinstance(content, str):
        raise RequestError(f"{where} needs a text as its content.", param=f"{where}.content")
    return ROLES[item["role"]], content


def _sampling(body: dict[str, Any]) -> dict[str, float]:
    values = {name: _number(body, name, *limits) for name, limits in SAMPLING_LIMITS.items()}
    return {name: value for name, value in values.items() if value is not None}


def _number(body: dict[str, Any], name: str, low: float, high: float) -> float | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise RequestError(f"{name} must be a number from {low:g} to {high:g}.", param=name)
    return float(value)


def _whole(body: dict[str, Any], name: str, *, low: int) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value < 2**63:
        raise RequestError(f"{name} must be a whole number of at least {low}.", param=name)
    return value


def _stop(raw: object) -> tuple[str, ...]:
    if raw is None:
        return ()
    stops = [raw] if isinstance(raw, str) else raw
    if (
        not isinstance(stops, list)
        or len(stops) > MOST_STOPS
        or not all(isinstance(stop, str) and stop for stop in stops)
    ):
        raise RequestError(f"stop must be a text or up to {MOST_STOPS} texts.", param="stop")
    return tuple(stops)


def _unsupported(name: str) -> RequestError:
    return RequestError(
        f"{name} is not supported by this server.", param=name, code="unsupported_parameter"
    )
