"""Lists of the protocol: ``after`` an id, at most ``limit``, newest first unless asked."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.http import HttpRequest

from training.api.refusals import ApiError

Item = TypeVar("Item")


def limit_of(request: HttpRequest, *, usual: int, most: int) -> int:
    """Return how many rows are wanted.

    Raises:
        ApiError: it is no number of that range.
    """
    text = request.GET.get("limit", str(usual))
    if not (text.isascii() and text.isdecimal() and len(text) <= 9 and 1 <= int(text) <= most):
        words = f"limit must be a whole number from 1 to {most}."
        raise ApiError(words, code="invalid_value", param="limit")
    return int(text)


def order_of(request: HttpRequest) -> bool:
    """Return whether the newest come first.

    Raises:
        ApiError: the order is another word than ``asc`` and ``desc``.
    """
    order = request.GET.get("order", "desc")
    if order not in {"asc", "desc"}:
        raise ApiError("order must be asc or desc.", code="invalid_value", param="order")
    return order == "desc"


def page_of(
    rows: Sequence[Item], *, after: str, limit: int, key: Callable[[Item], str]
) -> tuple[Sequence[Item], bool]:
    """Return the rows after an id, and whether more follow.

    Raises:
        ApiError: there is no such id in the list.
    """
    start = 0
    if after:
        places = [place for place, row in enumerate(rows) if key(row) == after]
        if not places:
            raise ApiError("after names nothing in this list.", code="invalid_value", param="after")
        start = places[0] + 1
    return rows[start : start + limit], len(rows) > start + limit


def list_object(data: Sequence[dict[str, Any]], *, has_more: bool) -> dict[str, Any]:
    """Return a page in the protocol's shape."""
    return {
        "object": "list",
        "data": list(data),
        "first_id": data[0]["id"] if data else "",
        "last_id": data[-1]["id"] if data else "",
        "has_more": has_more,
    }
