"""Answers of a model in the protocol's shapes: whole, or chunk by chunk."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

DONE = b"data: [DONE]\n\n"
_as_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass
class Answer:
    """What every chunk of one answer repeats."""

    model: str
    includes_usage: bool = False
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    def whole(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body of an answer that is not streamed."""
        message = {"role": "assistant", "content": facts["content"], "refusal": None}
        choice = {
            "index": 0,
            "message": message,
            "logprobs": None,
            "finish_reason": finish_reason(facts),
        }
        body = {**self._head("chat.completion"), "choices": [choice]}
        used = usage(facts)
        return {**body, "usage": used} if used else body

    def chunk(self, delta: Mapping[str, Any], reason: str | None = None) -> bytes:
        """Return one chunk of a stream."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        body = {**self._head("chat.completion.chunk"), "choices": [choice]}
        return line({**body, "usage": None} if self.includes_usage else body)

    def usage_chunk(self, facts: Mapping[str, Any]) -> bytes:
        """Return the last chunk of those who asked for the usage."""
        head = self._head("chat.completion.chunk")
        return line({**head, "choices": [], "usage": usage(facts)})

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}


def line(body: Mapping[str, Any]) -> bytes:
    """Return one event of a stream."""
    return f"data: {_as_json(body)}\n\n".encode()


def finish_reason(facts: Mapping[str, Any]) -> str:
    """Return why an answer ended, in a word that the protocol knows."""
    reason = facts.get("finish_reason")
    return reason if reason in {"stop", "length", "content_filter"} else "stop"


def usage(facts: Mapping[str, Any]) -> dict[str, int] | None:
    """Return what an answer used; None where the model's server did not say."""
    read, written = facts.get("prompt_tokens"), facts.get("completion_tokens")
    if read is None or written is None:
        return None
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
