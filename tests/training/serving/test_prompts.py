from collections.abc import Sequence

import pytest

from training.serving.prompts import Turn, fit_prompt
from training.serving.protocol import RequestError

SYSTEM = ("system", "s" * 10)
CHAT: list[Turn] = [
    SYSTEM,
    ("user", "a" * 10),
    ("assistant", "b" * 10),
    ("user", "c" * 10),
    ("assistant", "d" * 10),
    ("user", "e" * 10),
]


def encode(messages: Sequence[Turn]) -> list[int]:
    return [ord(letter) for _role, text in messages for letter in text]


def text(tokens: list[int]) -> str:
    return "".join(map(chr, tokens[::10]))


@pytest.mark.parametrize(
    ("context", "max_tokens", "kept", "dropped"),
    [
        (120, None, "sabcde", 0),
        (70, 10, "sabcde", 0),
        (60, 10, "scde", 2),
        (50, 10, "scde", 2),
        (40, 10, "se", 4),
        (40, None, "se", 4),
    ],
)
def test_fit_prompt_drops_the_oldest_turns(
    context: int, max_tokens: int | None, kept: str, dropped: int
) -> None:
    prompt = fit_prompt(CHAT, encode=encode, context_tokens=context, max_tokens=max_tokens)
    assert (text(prompt.tokens), prompt.dropped_messages) == (kept, dropped)
    assert len(prompt.tokens) + prompt.most_new_tokens <= context


def test_fit_prompt_refuses_when_the_last_message_alone_is_too_long() -> None:
    with pytest.raises(RequestError, match="have 20") as caught:
        fit_prompt(CHAT, encode=encode, context_tokens=30, max_tokens=20)
    assert (caught.value.status, caught.value.code) == (400, "context_length_exceeded")


def test_fit_prompt_takes_a_system_message_alone() -> None:
    prompt = fit_prompt([SYSTEM], encode=encode, context_tokens=100, max_tokens=5)
    assert (text(prompt.tokens), prompt.most_new_tokens, prompt.dropped_messages) == ("s", 5, 0)


def test_fit_prompt_reads_a_long_conversation_a_few_times_only() -> None:
    asked: list[int] = []

    def counted(messages: Sequence[Turn]) -> list[int]:
        asked.append(len(messages))
        return encode(messages)

    roles = ("user", "assistant")
    chat = [SYSTEM, *((roles[at % 2], chr(97 + at % 26) * 10) for at in range(1999))]
    prompt = fit_prompt(chat, encode=counted, context_tokens=140, max_tokens=10)
    assert len(asked) < 14
    assert len(prompt.tokens) == 120
    assert prompt.dropped_messages == 1999 - 11
