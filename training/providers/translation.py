"""The SDK's errors in our words."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import httpx2

from .errors import (
    ProviderAnswerError,
    ProviderError,
    ProviderMissingError,
    ProviderRefusedError,
    ProviderUnavailableError,
)

if TYPE_CHECKING:
    import openai

TOO_MANY, SERVER_ERROR = 429, 500
NO_CREDIT = "insufficient_quota"
SENTENCES: dict[int, tuple[str, str]] = {
    401: (
        "provider_key",
        "The provider does not accept the key: check OPENAI_API_KEY and OPENAI_BASE_URL.",
    ),
    403: (
        "provider_forbidden",
        (
            "The provider does not allow this for the key's organisation. OpenAI takes no "
            "fine-tuning jobs of new customers any more."
        ),
    ),
}


@contextmanager
def translated() -> Iterator[None]:
    """Turn whatever the SDK raises inside into an error of ours.

    Raises:
        ProviderUnavailableError: no connection, too slow, busy, or an error of the server.
        ProviderRefusedError: any other answer that is not a success.
    """
    import openai  # noqa: PLC0415  # slow to import, only where a provider is asked

    try:
        yield
    except openai.APIStatusError as error:
        raise_status(error)
    except openai.APITimeoutError as error:
        raise ProviderUnavailableError("The provider did not answer in time.") from error
    except openai.APIConnectionError as error:
        _raise_cause(error)
        raise ProviderUnavailableError("The provider cannot be reached.") from error
    except (openai.OpenAIError, json.JSONDecodeError, httpx2.HTTPError) as error:
        msg = "The provider's answer cannot be understood; something may sit in between."
        raise ProviderAnswerError(msg) from error


def _raise_cause(error: BaseException) -> None:
    cause = error.__cause__
    while cause is not None:
        if isinstance(cause, ProviderError):
            raise cause
        cause = cause.__cause__


def raise_status(error: "openai.APIStatusError") -> NoReturn:
    """Raise our error for an answer with a status that is not a success."""
    status, code = error.status_code, error.code or ""
    words = _words(error)
    if code == NO_CREDIT:
        msg = "The provider's account has no credit left: top it up, then try again."
        raise ProviderRefusedError(msg, code=NO_CREDIT) from error
    if status in {408, TOO_MANY}:
        raise ProviderUnavailableError(f"The provider is busy: {words}") from error
    if status >= SERVER_ERROR:
        raise ProviderUnavailableError(f"The provider has a fault ({status}).") from error
    if status in SENTENCES:
        our_code, sentence = SENTENCES[status]
        raise ProviderRefusedError(f"{sentence} It says: {words}", code=our_code) from error
    if status == 404:
        raise ProviderMissingError(f"The provider does not know it: {words}") from error
    if 300 <= status < 400:
        msg = "The provider's address redirects elsewhere, which is not followed: correct it."
        raise ProviderRefusedError(msg, code="provider_redirect") from error
    if "not ready" in words.lower():
        raise ProviderUnavailableError(f"The provider is not ready yet: {words}") from error
    raise ProviderRefusedError(f"The provider refused: {words}", code=code or None) from error


def _words(error: "openai.APIStatusError") -> str:
    body = error.body
    message = body.get("message") if isinstance(body, dict) else None
    if isinstance(body, dict) and message is None:
        message = body.get("detail")
    return str(message or f"status {error.status_code}")[:500]
