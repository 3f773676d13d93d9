"""Asking a connection three small questions, and saying in words what came back."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

import httpx2

from .errors import ProviderError
from .outbound import outbound_client

TIMEOUT = httpx2.Timeout(8.0, connect=4.0)
LIMIT_BYTES = 4 * 1024 * 1024
SHOWN_MODELS = 8


class Verdict(Enum):
    """What a test came to."""

    GOOD = "good"
    CHAT_ONLY = "chat_only"
    BAD = "bad"


@dataclass(frozen=True)
class CheckResult:
    """What a test found.

    Attributes:
        code: ``works``, ``no_fine_tuning``, ``wrong_key``, ``forbidden``, ``wrong_address``,
            ``redirects``, ``busy``, ``fault``, ``no_answer`` or ``not_allowed``.
        sentence: for the operator, with what to do.
        models: the first names of the server's list.
        model_count: how many it lists.
    """

    verdict: Verdict
    code: str
    sentence: str
    models: tuple[str, ...] = ()
    model_count: int = 0


def try_connection(base_url: str, api_key: str) -> CheckResult:
    """List a server's models and one fine-tuning job; nothing is made, nothing costs anything.

    Args:
        base_url: whose host was checked against the operator's list.
    """
    root = base_url.rstrip("/")
    headers = {"Authorization": f"Bearer {api_key}"}
    try:
        with outbound_client(root, timeout=TIMEOUT, limit_bytes=LIMIT_BYTES) as client:
            listed = client.get(f"{root}/models", headers=headers)
            if (refused := _refusal(listed)) is not None:
                return refused
            models = _names(listed)
            if models is None:
                return _bad("wrong_address", _NOT_PROTOCOL)
            query = {"limit": "1"}
            jobs = client.get(f"{root}/fine_tuning/jobs", headers=headers, params=query)
    except ProviderError as error:
        return _bad("not_allowed", str(error))
    except (httpx2.ConnectTimeout, httpx2.ReadTimeout):
        return _bad("no_answer", "It did not answer within 8 seconds: check host and port.")
    except httpx2.HTTPError:
        return _bad(
            "no_answer", "Nothing answers there: check host and port, and that the server runs."
        )
    return _with_jobs(jobs, models)


_NOT_PROTOCOL = (
    "Something answers there, but not in the OpenAI protocol: check the path, which usually ends "
    "in /v1."
)


def _with_jobs(jobs: httpx2.Response, models: list[str]) -> CheckResult:
    first, count = tuple(models[:SHOWN_MODELS]), len(models)
    if jobs.status_code == 200 and _names(jobs) is not None:
        words = "The key works, and fine-tuning jobs can be listed."
        return CheckResult(Verdict.GOOD, "works", words, first, count)
    if jobs.status_code in {401, 403}:
        words = (
            "The key works for models, but its organisation or project may not fine-tune there. "
            "OpenAI takes no new customers for fine-tuning."
        )
    elif jobs.status_code == 429 or jobs.status_code >= 500:
        words = (
            "The key works for models; about fine-tuning the server gave no answer now "
            f"(status {jobs.status_code}). Test again later."
        )
    else:
        words = "The key works for models, but this server has no fine-tuning: chat only."
    return CheckResult(Verdict.CHAT_ONLY, "no_fine_tuning", words, first, count)


def _refusal(answer: httpx2.Response) -> CheckResult | None:
    status = answer.status_code
    if status == 200:
        return None
    found = {
        401: ("wrong_key", "The server does not accept the key: copy it again, or make a new one."),
        403: ("forbidden", "The server knows the key, but does not let it list models."),
        404: ("wrong_address", f"There is no list of models there. {_NOT_PROTOCOL}"),
        429: ("busy", "The server is busy or the account has no credit left: it answers 429."),
    }.get(status)
    if found:
        return _bad(*found)
    if 300 <= status < 400:
        words = "The address redirects elsewhere, which is not followed: enter where it leads."
        return _bad("redirects", words)
    if status >= 500:
        return _bad("fault", f"The server has a fault: it answers {status}. Try again later.")
    return _bad("wrong_address", f"The server answers {status}. {_NOT_PROTOCOL}")


def _names(answer: httpx2.Response) -> list[str] | None:
    """Return the ids of a list, None when the answer is none of the protocol."""
    try:
        body: Any = answer.json()
    except ValueError:
        return None
    rows = body.get("data") if isinstance(body, dict) else None
    if not isinstance(rows, list):
        return None
    return [str(row["id"])[:120] for row in rows if isinstance(row, dict) and "id" in row]


def _bad(code: str, sentence: str) -> CheckResult:
    return CheckResult(Verdict.BAD, code, sentence)
