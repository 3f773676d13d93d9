"""The judge: requests and answers against OpenAI's own OpenAPI document."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_schema_validator import OAS31Validator
from werkzeug.datastructures import Headers, ImmutableMultiDict

SUBSET = Path(__file__).with_name("openapi-subset.json")
PATH_PREFIX = "/v1"


class ContractError(AssertionError):
    """A request or an answer breaks the official document."""


@dataclass
class JudgedRequest:
    """A request in the shape that openapi-core reads; ``path`` begins with ``/v1``."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes | None = None
    query: list[tuple[str, str]] = field(default_factory=list)
    host_url: str = "https://api.openai.com"
    path_pattern: str | None = None

    @property
    def content_type(self) -> str:
        """The body's type with its parameters."""
        return Headers(list(self.headers.items())).get("content-type", "")

    @cached_property
    def parameters(self) -> RequestParameters:
        """Query and headers; openapi-core adds the path's own."""
        return RequestParameters(
            query=ImmutableMultiDict(self.query),
            header=Headers(list(self.headers.items())),
            cookie=ImmutableMultiDict(),
        )


@dataclass
class JudgedResponse:
    """An answer in the shape that openapi-core reads."""

    status_code: int
    data: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@lru_cache(maxsize=1)
def _document() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(SUBSET.read_text(encoding="utf-8"))
    return loaded


@lru_cache(maxsize=1)
def _judge() -> OpenAPI:
    return OpenAPI.from_dict(_document(), config=Config(spec_validator_cls=None))


def judge_request(request: JudgedRequest) -> None:
    """Check one request.

    Raises:
        ContractError: the official document refuses it.
    """
    try:
        _judge().validate_request(request)
    except Exception as error:
        raise ContractError(_words(error)) from error


def judge_response(request: JudgedRequest, response: JudgedResponse) -> None:
    """Check the answer to a request.

    Raises:
        ContractError: the official document refuses it.
    """
    try:
        _judge().validate_response(request, response)
    except Exception as error:
        raise ContractError(_words(error)) from error


def judge_chunk(chunk: Mapping[str, Any]) -> None:
    """Check one chunk of a chat stream.

    Raises:
        ContractError: the official document refuses it.
    """
    schema = {
        "$ref": "#/components/schemas/CreateChatCompletionStreamResponse",
        "components": _document()["components"],
    }
    for error in OAS31Validator(schema).iter_errors(chunk):
        raise ContractError(error.message)


def _words(error: BaseException) -> str:
    words = [f"{type(error).__name__}: {error}"]
    cause = error.__cause__ or error.__context__
    while cause is not None:
        words.append(f"{type(cause).__name__}: {cause}")
        words.extend(str(e.message) for e in getattr(cause, "schema_errors", ()))
        cause = cause.__cause__ or cause.__context__
    return "; ".join(words)
