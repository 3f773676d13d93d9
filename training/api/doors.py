"""What every door of the protocol does: look at the key, count, answer in JSON."""

import logging
from collections.abc import Callable, Iterable
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from pydantic import BaseModel

from rickproject.config import get_config
from rickproject.lib.limits import spend
from training.access.api import Caller, caller_of
from training.api.refusals import REFUSALS, ApiError, refusal
from training.domain.api_keys import note_use

BodyT = TypeVar("BodyT", bound=BaseModel)
Door = Callable[..., HttpResponseBase]
logger = logging.getLogger(__name__)


def admit(request: HttpRequest) -> Caller:
    """Return who asks, and count the request.

    Raises:
        KeyRefusedError: there is no key that opens anything.
        LimitReachedError: too many requests in a minute.
    """
    caller = caller_of(
        request.headers.get("Authorization", ""),
        project_slug=request.headers.get("OpenAI-Project", "").strip(),
    )
    limit = get_config().api_requests_per_minute
    spend("api", caller.key.pk, limit=limit, seconds=60, what="ask with this key")
    note_use(caller.key)
    return caller


def doors(**by_method: Door) -> Door:
    """Return the view of one address: a function for each method, called with the caller.

    Forms of other sites cannot reach it, for no cookie opens anything here: hence no CSRF token.
    """

    @csrf_exempt
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            work = by_method.get((request.method or "").lower())
            caller = admit(request)
            if work is None:
                raise wrong_method(by_method)
            response = work(request, caller, *args, **kwargs)
        except REFUSALS as error:
            response = refusal(error)
        except Exception as error:  # noqa: BLE001  # the outermost door: JSON for whoever reads it
            response = broken(error)
        return labelled(response)

    return answer


def read_body(request: HttpRequest, shape: type[BodyT]) -> BodyT:
    """Return the body as ``shape`` describes it.

    Raises:
        ApiError: it is no JSON by its own word.
        ValidationError: it is another shape.
    """
    if request.content_type not in {"application/json", ""}:
        status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
        raise ApiError("Send the body as application/json.", status=status, code="not_json")
    return shape.model_validate_json(request.body)


def wrong_method(allowed: Iterable[str]) -> ApiError:
    """Return the refusal of a method that an address does not know."""
    names = ", ".join(sorted(name.upper() for name in allowed))
    words = f"This address answers {names} only."
    return ApiError(words, status=HTTPStatus.METHOD_NOT_ALLOWED, code="method_not_allowed")


def broken(error: Exception) -> HttpResponse:
    """Write a fault of ours into the log and answer without its details."""
    logger.error("a request of the OpenAI protocol failed", exc_info=error)
    words = "The server failed. Its log tells why; an operator reads it."
    return refusal(ApiError(words, status=HTTPStatus.INTERNAL_SERVER_ERROR, code="server_error"))


def labelled(response: HttpResponseBase) -> HttpResponseBase:
    """Give an answer its number and keep it out of every cache."""
    response["x-request-id"] = f"req_{uuid4().hex}"
    if not response.has_header("Cache-Control"):
        response["Cache-Control"] = "no-store"
    return response


def with_path(door: Door) -> Door:
    """Refuse a NUL in an address: no name of ours has one, and PostgreSQL takes none."""

    @wraps(door)
    def answer(request: HttpRequest, caller: Caller, name: str) -> HttpResponseBase:
        if "\0" in name:
            raise ApiError("There is no such thing.", status=HTTPStatus.NOT_FOUND, code="not_found")
        return door(request, caller, name)

    return answer


def _unknown(request: HttpRequest, caller: Caller, rest: str) -> HttpResponseBase:
    raise ApiError(
        "There is no such address. This server knows models, chat completions, files and "
        "fine-tuning jobs.",
        status=HTTPStatus.NOT_FOUND,
        code="unknown_url",
    )


METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
unknown = doors(**dict.fromkeys(METHODS, _unknown))
