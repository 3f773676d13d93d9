"""Ask a language model one question over the OpenAI protocol, exactly once, for JSON."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2

from .errors import (
    ProviderAnswerError,
    ProviderError,
    ProviderRefusedError,
    ProviderUnavailableError,
    UnknownOutcomeError,
)
from .openai_protocol import make_client

if TYPE_CHECKING:
    import openai

TIMEOUT = httpx2.Timeout(50.0, connect=5.0)
ANSWER_LIMIT_BYTES = 1024 * 1024
#: Answers that say the question was not taken up, so that asking again pays nothing twice.
NOT_TAKEN = frozenset({408, 409, 425, 429, 503})
SERVER_ERROR = 500
LONGEST_WAIT_SECONDS = 600
NO_KEY = "none"  # the SDK wants one; servers without keys ignore it
MOST_COUNTED = 1_000_000_000
NO_CREDIT = "insufficient_quota"
FORM_WORDS = re.compile(r"response_format|json_schema|structured output", re.IGNORECASE)
OUTPUT_WORDS = re.compile(r"max_tokens|max_completion_tokens", re.IGNORECASE)
REDIRECTED = 301
_KEY = (
    "provider_key",
    (
        "The server does not accept the key: an operator checks RICK_SUGGESTION_KEY and "
        "RICK_SUGGESTION_URL."
    ),
)
REFUSALS: dict[int | str | None, tuple[str, str]] = {
    NO_CREDIT: (NO_CREDIT, "The server's account has no credit left: an operator tops it up."),
    REDIRECTED: (
        "provider_redirect",
        (
            "The server's address redirects elsewhere, which is not followed: an operator "
            "corrects RICK_SUGGESTION_URL."
        ),
    ),
    401: _KEY,
    403: _KEY,
    404: (
        "provider_missing",
        (
            "The server does not know the model or the address: an operator checks "
            "RICK_SUGGESTION_MODEL and RICK_SUGGESTION_URL."
        ),
    ),
}


class BusyError(ProviderUnavailableError):
    """It did not take the question; ask again later. ``wait_seconds`` is its own wish, or 0."""

    code = "provider_busy"

    def __init__(self, sentence: str, *, wait_seconds: int = 0) -> None:
        super().__init__(sentence)
        self.wait_seconds = wait_seconds


@dataclass(frozen=True)
class ModelAnswer:
    """What came back.

    Attributes:
        text: the message, not parsed.
        is_cut: the model stopped because it had no more room.
        input_tokens, output_tokens: as the server counted them; None where it does not tell.
    """

    text: str
    is_cut: bool
    input_tokens: int | None
    output_tokens: int | None


class SuggestionServer:
    """The server that the operator's settings name for suggestions."""

    def __init__(
        self, base_url: str, api_key: str, model: str, *, timeout: httpx2.Timeout = TIMEOUT
    ) -> None:
        """Prepare the client; nothing is sent.

        Raises:
            ForbiddenAddressError: the address is not an allowed form.
        """
        self._key, self._model = api_key, model
        self._client = make_client(
            base_url, api_key or NO_KEY, timeout=timeout, limit_bytes=ANSWER_LIMIT_BYTES
        )

    def ask(
        self,
        messages: Sequence[Mapping[str, str]],
        *,
        schema_name: str,
        schema: Mapping[str, Any],
        most_tokens: int,
    ) -> ModelAnswer:
        """Ask one question. A server that refuses a parameter is asked once more without it.

        Raises:
            BusyError: it was not reached or did not take the question; nothing was paid.
            UnknownOutcomeError: it may have answered, and may ask money for it.
            ProviderRefusedError: it said no; nothing was paid.
            ProviderAnswerError: it answered something else than the protocol's answer.
        """
        optional: dict[str, Any] = {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": schema_name, "schema": dict(schema), "strict": True},
            },
            "max_tokens": most_tokens,
        }
        for _ in range(3):
            try:
                return self._once(messages, optional)
            except ProviderRefusedError as error:
                if not _drop_refused(optional, str(error)):
                    raise
        raise ProviderRefusedError("The server refuses every form of the question.")

    def _once(
        self, messages: Sequence[Mapping[str, str]], optional: Mapping[str, Any]
    ) -> ModelAnswer:
        import openai  # noqa: PLC0415  # slow to import, only where a provider is asked

        create: Any = self._client.chat.completions.create
        try:
            found = create(model=self._model, messages=list(messages), **optional)
        except openai.APIStatusError as error:
            raise self._of_status(error) from None
        except openai.APITimeoutError as error:
            raise _of_connection(error) from None
        except openai.APIConnectionError as error:
            raise _of_connection(error) from None
        except (openai.OpenAIError, json.JSONDecodeError, httpx2.HTTPError):
            raise ProviderAnswerError(_STRANGE) from None
        return _answer(found)

    def _of_status(self, error: "openai.APIStatusError") -> ProviderError:
        status, words = error.status_code, self._words(error)
        if status in NOT_TAKEN and error.code != NO_CREDIT:
            return BusyError(f"The server is busy: {words}", wait_seconds=_wait(error))
        if status >= SERVER_ERROR:
            return UnknownOutcomeError(
                f"The server has a fault ({status}); it is not known whether it counts the "
                "question."
            )
        code, sentence = REFUSALS.get(
            error.code if error.code == NO_CREDIT else REDIRECTED if status < 400 else status,
            ("provider_refused", "The server refused the question."),
        )
        return ProviderRefusedError(f"{sentence} It says: {words}", code=code)

    def _words(self, error: "openai.APIStatusError") -> str:
        body = error.body
        said = body.get("message") or body.get("detail") if isinstance(body, dict) else None
        words = str(said or f"status {error.status_code}")
        if self._key:
            words = words.replace(self._key, "[key]")
        return words[:300]


_STRANGE = "The server's answer cannot be understood; something may sit in between."


def _of_connection(error: BaseException) -> ProviderError:
    """Tell a server that was not reached from one that may have read the question."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ProviderError):
            return cause
        if isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout):
            return BusyError("The server cannot be reached.")
        cause = cause.__cause__
    return UnknownOutcomeError(
        "The server took the question, and no whole answer came: it is not known whether it "
        "counts the question."
    )


def _wait(error: "openai.APIStatusError") -> int:
    said = error.response.headers.get("retry-after", "")
    return min(int(said), LONGEST_WAIT_SECONDS) if said.isascii() and said.isdigit() else 0


def _drop_refused(optional: dict[str, Any], words: str) -> bool:
    """Take the parameter away that the server names; False where it names none of them."""
    if "response_format" in optional and FORM_WORDS.search(words):
        del optional["response_format"]
        return True
    if "max_tokens" in optional and OUTPUT_WORDS.search(words):
        optional["max_completion_tokens"] = optional.pop("max_tokens")
        return True
    return False


def _answer(found: Any) -> ModelAnswer:
    choices: Any = getattr(found, "choices", None)
    first: Any = choices[0] if isinstance(choices, list) and choices else None
    message: Any = getattr(first, "message", None)
    if message is None:
        raise ProviderAnswerError(_STRANGE)
    usage = getattr(found, "usage", None)
    text = message.content
    return ModelAnswer(
        text=text if isinstance(text, str) else "",
        is_cut=first.finish_reason == "length",
        input_tokens=_count(usage, "prompt_tokens"),
        output_tokens=_count(usage, "completion_tokens"),
    )


def _count(usage: Any, name: str) -> int | None:
    value: Any = getattr(usage, name, None)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value < MOST_COUNTED else None
