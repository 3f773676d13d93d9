import pytest

from rickproject.lib.tokens import (
    UnknownTokenizerError,
    available_tokenizers,
    count_text_tokens,
    count_tokens,
)

# The worked example of OpenAI's cookbook, "How to count tokens with tiktoken".
COOKBOOK = [
    {
        "role": "system",
        "content": "You are a helpful, pattern-following assistant that translates corporate "
        "jargon into plain English.",
    }
]


def test_count_text_tokens_equals_the_documented_encodings() -> None:
    assert count_text_tokens("antidisestablishmentarianism", "cl100k_base") == 6
    assert count_text_tokens("2 + 2 = 4", "o200k_base") == 7


def test_count_tokens_adds_three_a_message_and_three_for_the_reply() -> None:
    count = count_tokens(COOKBOOK, "o200k_base")
    content = count_text_tokens(COOKBOOK[0]["content"])
    assert count.per_message == [3 + 1 + content]
    assert count.total == 3 + 1 + content + 3


def test_count_text_tokens_takes_control_tokens_as_plain_text() -> None:
    assert count_text_tokens("<|endoftext|>") > 1


def test_count_tokens_estimates_from_above_and_says_so() -> None:
    count = count_tokens(COOKBOOK, "estimate")
    assert count.is_estimate
    assert count.total >= count_tokens(COOKBOOK).total


def test_count_tokens_refuses_an_unknown_tokenizer() -> None:
    with pytest.raises(UnknownTokenizerError, match="no tokenizer 'klingon'"):
        count_tokens(COOKBOOK, "klingon")


def test_available_tokenizers_lists_openai_encodings_before_the_first_local_training() -> None:
    assert available_tokenizers("nobody") == ["o200k_base", "cl100k_base"]
