"""Refusals in the protocol's words."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from pydantic import ValidationError

from rickproject.lib.errors import RickError
from rickproject.lib.limits import LimitReachedError, LimitsUnavailableError
from training.access.api import KeyRefusedError, ScopeError
from training.domain.api_keys import TokensUsedUpError
from training.providers.model_server import ModelServerError
from training.streams.relay import AccessEndedError

KINDS = {
    HTTPStatus.FORBIDDEN: "permission_error",
    HTTPStatus.NOT_FOUND: "not_found_error",
    HTTPStatus.TOO_MANY_REQUESTS: "rate_limit_error",
}
CLOSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
LONGEST_PARAM = 200
TRIED = frozenset({"str", "int", "float"})


class ApiError(RickError):
    """A request is refused; the protocol's four fields and the HTTP status."""

    def __init__(
        self,
        message: str,
        *,
        status: int = HTTPStatus.BAD_REQUEST,
        code: str | None = None,
        param: str | None = None,
    ) -> None:
        """Keep what the error object needs."""
        super().__init__(message)
        self.status, self.error_code, self.param = status, code, param


REFUSALS = (
    RickError,
    Http404,
    PermissionDenied,
    SuspiciousOperation,  # RequestDataTooBig among them
    MultiPartParserError,
    UnreadablePostError,
    ValidationError,
)
# What a refusal is in the protocol: status, code, and words where it brings none.
KNOWN: tuple[tuple[type[Exception], HTTPStatus, str, str], ...] = (
    (KeyRefusedError, HTTPStatus.UNAUTHORIZED, KeyRefusedError.code, ""),
    (ScopeError, HTTPStatus.FORBIDDEN, ScopeError.code, ""),
    (PermissionDenied, HTTPStatus.FORBIDDEN, ScopeError.code, "Your roles do not allow this."),
    (Http404, HTTPStatus.NOT_FOUND, "not_found", "There is no such thing for your key."),
    (AccessEndedError, HTTPStatus.FORBIDDEN, AccessEndedError.code, ""),
    (LimitReachedError, HTTPStatus.TOO_MANY_REQUESTS, "rate_limit_exceeded", ""),
    (TokensUsedUpError, HTTPStatus.TOO_MANY_REQUESTS, TokensUsedUpError.code, ""),
    (LimitsUnavailableError, HTTPStatus.SERVICE_UNAVAILABLE, LimitsUnavailableError.code, ""),
)


def as_api_error(error: Exception) -> ApiError:
    """Return what a refusal is in the protocol: one place for all doors."""
    match error:
        case ApiError():
            return error
        case ValidationError():
            return _of_body(error)
        case ModelServerError() if not isinstance(error, AccessEndedError):
            return _of_model_server(error)
        case SuspiciousOperation() | MultiPartParserError() | UnreadablePostError():
            return _of_request(error)
    for kind, status, code, words in KNOWN:
        if isinstance(error, kind):
            return ApiError(str(error) or words, status=status, code=code)
    return ApiError(str(error), code=error.code if isinstance(error, RickError) else None)


def _of_request(error: Exception) -> ApiError:
    """Word a request that Django could not read."""
    if isinstance(error, RequestDataTooBig):
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        return ApiError("The request is too large.", status=status, code="too_large")
    return ApiError("The request cannot be read; it is malformed.", code="malformed")


def _of_body(error: ValidationError) -> ApiError:
    """Word the first problem of a body; its value is not repeated.

    Where a value may be of several kinds, the last kind tells most: a number rather than ``auto``.
    """
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    place = _place(problems[0]["loc"])
    problem = [one for one in problems if _place(one["loc"]) == place][-1]
    words = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        return ApiError(f"Unknown parameter: {place}.", code="unknown_parameter", param=place)
    if problem["type"] == "missing":
        words = f"Missing required parameter: {place}."
        return ApiError(words, code="missing_required_parameter", param=place)
    sentence = f"{place}: {words}" if place else words
    return ApiError(sentence.rstrip(".") + ".", code="invalid_value", param=place)


def _place(parts: tuple[int | str, ...]) -> str | None:
    """Return the name of a field, without pydantic's names for the kinds that were tried."""
    names = [str(part) for part in parts if part not in TRIED and "[" not in str(part)]
    return ".".join(names)[:LONGEST_PARAM] or None


def _of_model_server(error: ModelServerError) -> ApiError:
    """Hand on what the caller can change; all else is this site's fault, not the caller's."""
    status = error.status or HTTPStatus.BAD_GATEWAY
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return ApiError(str(error), status=status, code="rate_limit_exceeded")
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in CLOSED:
        return ApiError(str(error), status=status, code="model_server")
    return ApiError(str(error), status=HTTPStatus.BAD_GATEWAY, code=error.code)


def error_object(error: ApiError) -> dict[str, Any]:
    """Return the body of a refusal."""
    other = "server_error" if error.status >= 500 else "invalid_request_error"
    kind = KINDS.get(HTTPStatus(error.status), other)
    return {
        "error": {
            "message": str(error),
            "type": error.error_code if error.error_code == TokensUsedUpError.code else kind,
            "param": error.param,
            "code": error.error_code,
        }
    }


def refusal(error: Exception) -> JsonResponse:
    """Answer a refusal; says when to ask again, and not to where that would help nobody."""
    found = as_api_error(error)
    response = JsonResponse(error_object(found), status=found.status)
    if isinstance(error, LimitReachedError):
        response["Retry-After"] = str(error.retry_after_seconds)
    elif found.status >= HTTPStatus.TOO_MANY_REQUESTS:
        again = isinstance(error, LimitsUnavailableError) or (
            isinstance(error, ModelServerError) and found.status == HTTPStatus.TOO_MANY_REQUESTS
        )
        response["x-should-retry"] = "true" if again else "false"
    if found.status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"
    return response
