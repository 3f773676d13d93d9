"""Fit a conversation into a model's context by one stated rule.

The system messages at the beginning and the last message always stay. Room is kept for the reply:
``max_tokens`` if given, else 256 tokens, but never more than half of the context. While the
conversation is longer than what remains, its oldest turns are dropped: a message of the user with
the replies that follow it. What was dropped is counted and told.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from training.serving.protocol import RequestError

REPLY_TOKENS = 256

Turn = tuple[str, str]


@dataclass(frozen=True)
class Prompt:
    """Tokens to continue from, how many may follow, and how many messages were left out."""

    tokens: list[int]
    most_new_tokens: int
    dropped_messages: int


def fit_prompt(
    messages: Sequence[Turn],
    *,
    encode: Callable[[Sequence[Turn]], list[int]],
    context_tokens: int,
    max_tokens: int | None,
) -> Prompt:
    """Return the prompt, its oldest turns dropped as far as needed.

    Raises:
        RequestError: code ``context_length_exceeded``: even the last message is too long.
    """
    head = next(
        (index for index, (role, _) in enumerate(messages) if role != "system"), len(messages)
    )
    room = context_tokens - min(max_tokens or REPLY_TOKENS, context_tokens // 2)
    starts = _starts(messages, head)

    def tokens_from(start: int) -> list[int]:
        return encode([*messages[:head], *messages[max(start, head) :]])

    # Each start gives a shorter prompt than the one before it: halving finds the first that fits.
    low, high = 0, len(starts) - 1
    while low < high:
        middle = (low + high) // 2
        if len(tokens_from(starts[middle])) <= room:
            high = middle
        else:
            low = middle + 1
    start = starts[low]
    tokens = tokens_from(start)
    if len(tokens) > room:
        raise RequestError(
            f"This model's context is {context_tokens} tokens, of which {room} are for the prompt. "
            f"The system message and your last message alone have {len(tokens)}.",
            code="context_length_exceeded",
            param="messages",
        )
    most = min(max_tokens or REPLY_TOKENS, context_tokens - len(tokens))
    return Prompt(tokens, most, max(start - head, 0))


def _starts(messages: Sequence[Turn], head: int) -> list[int]:
    """Return where a prompt may begin after the system messages, the earliest first."""
    found = [min(head, len(messages) - 1)]
    while found[-1] < len(messages) - 1:
        found.append(_next_turn(messages, found[-1]))
    return found


def _next_turn(messages: Sequence[Turn], start: int) -> int:
    index = start + 1
    while index < len(messages) - 1 and messages[index][0] == "assistant":
        index += 1
    return index
