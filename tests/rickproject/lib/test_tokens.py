from pathlib import Path

import pytest

from rickproject.lib.tokens import (
    UnknownTokenizerError,
    available_tokenizers,
    count_tokens,
    kept_tokenizer,
)
from tests.factories import write_script_tokenizer

# The worked example of OpenAI's cookbook, "How to count tokens with tiktoken".
COOKBOOK = [
    {
        "role": "system",
        "content": "You are a helpful, pattern-following assistant that translates corporate "
        "jargon into plain English.",
    }
]


def of_text(text: str, tokenizer: str) -> int:
    (count,) = count_tokens([{"role": "user", "content": text}], tokenizer).per_message
    return count - 3 - 1  # the message's own three and its role


def test_count_tokens_equals_the_documented_encodings() -> None:
    assert of_text("antidisestablishmentarianism", "cl100k_base") == 6
    assert of_text("2 + 2 = 4", "o200k_base") == 7


def test_count_tokens_adds_three_a_message_and_three_for_the_reply() -> None:
    count = count_tokens(COOKBOOK, "o200k_base")
    content = of_text(COOKBOOK[0]["content"], "o200k_base")
    assert count.per_message == [3 + 1 + content]
    assert count.total == 3 + 1 + content + 3


def test_count_tokens_takes_control_tokens_as_plain_text() -> None:
    assert of_text("<|endoftext|>", "o200k_base") > 1


def test_count_tokens_estimates_from_above_and_says_so() -> None:
    count = count_tokens(COOKBOOK, "estimate")
    assert count.is_estimate
    assert count.total >= count_tokens(COOKBOOK).total


def test_count_tokens_refuses_an_unknown_tokenizer() -> None:
    with pytest.raises(UnknownTokenizerError, match="no tokenizer 'klingon'"):
        count_tokens(COOKBOOK, "klingon")


def test_available_tokenizers_lists_openai_encodings_before_the_first_local_training() -> None:
    assert available_tokenizers("nobody") == ["o200k_base", "cl100k_base"]


def test_kept_tokenizer_counts_the_same_after_the_next_training(var_dir: Path) -> None:
    pytest.importorskip("tokenizers")
    messages = [{"role": "user", "content": "good morning"}]
    write_script_tokenizer("vex", ["good", "morning"])
    kept = kept_tokenizer("script:vex")
    before = count_tokens(messages, kept)
    assert kept_tokenizer("script:vex") == kept
    assert kept_tokenizer(kept) == kept
    write_script_tokenizer("vex", ["g", "o", "d"])
    assert kept_tokenizer("script:vex") != kept
    assert count_tokens(messages, kept) == before


def test_kept_tokenizer_that_is_gone_is_named(var_dir: Path) -> None:
    assert kept_tokenizer("script:nobody") == "script:nobody"
    with pytest.raises(UnknownTokenizerError, match="restore it from a backup"):
        count_tokens(COOKBOOK, "kept:0123abcd")
    with pytest.raises(UnknownTokenizerError, match="no tokenizer"):
        count_tokens(COOKBOOK, "kept:../../secrets/key")
