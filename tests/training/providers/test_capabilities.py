"""The rows agree with the trainer and with the official document."""

import json
from decimal import Decimal

import pytest

from tests.contract.judge import SUBSET
from training.providers.capabilities import (
    AZURE_ROW,
    LOCAL_ROW,
    OPENAI_ROW,
    capabilities_of,
    published_price,
    tokenizer_of,
)


@pytest.mark.parametrize(
    ("base_url", "key"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("", "openai"),
        ("https://team.openai.azure.com/openai/v1/", "azure"),
        ("http://127.0.0.1:9/v1", "compatible"),
        ("https://api.openai.com.example.org/v1", "compatible"),
    ],
)
def test_capabilities_of_tells_servers_apart_by_their_address(base_url: str, key: str) -> None:
    assert capabilities_of("openai", base_url=base_url).key == key


def test_capabilities_of_local_never_looks_at_the_address() -> None:
    assert capabilities_of("local", base_url="https://api.openai.com/v1") is LOCAL_ROW


def test_supervised_limits_are_those_of_the_official_document() -> None:
    schemas = json.loads(SUBSET.read_text())["components"]["schemas"]
    properties = schemas["FineTuneSupervisedHyperparameters"]["properties"]
    for name in ("n_epochs", "batch_size"):
        numbers = next(s for s in properties[name]["oneOf"] if s["type"] == "integer")
        row = OPENAI_ROW.hyperparameter(name)
        assert row is not None
        assert (row.minimum, row.maximum) == (numbers["minimum"], numbers["maximum"])


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("n_epochs", 1, True),
        ("n_epochs", 50, True),
        ("n_epochs", 51, False),
        ("n_epochs", 2.5, False),
        ("learning_rate_multiplier", 0, False),
        ("learning_rate_multiplier", 0.01, True),
    ],
)
def test_problem_names_the_range(name: str, value: float, allowed: bool) -> None:
    row = OPENAI_ROW.hyperparameter(name)
    assert row is not None
    assert (row.problem(value) == "") is allowed


def test_suffix_rules_differ() -> None:
    assert OPENAI_ROW.suffix_problem("vex.v2") == ""
    assert "no dots" in AZURE_ROW.suffix_problem("vex.v2")
    assert AZURE_ROW.suffix_problem("x" * 19) != ""
    assert OPENAI_ROW.suffix_problem("x" * 65) != ""


@pytest.mark.parametrize(
    ("model", "tokenizer"),
    [
        ("gpt-4o-mini-2024-07-18", "o200k_base"),
        ("ft:gpt-4.1-mini-2025-04-14:org:vex:1", "o200k_base"),
        ("gpt-4-0613", "cl100k_base"),
        ("Qwen/Qwen3-0.6B", "estimate"),
    ],
)
def test_tokenizer_of_goes_by_the_base_model(model: str, tokenizer: str) -> None:
    assert tokenizer_of(model) == tokenizer


def test_published_price_has_a_date_and_a_source() -> None:
    price = published_price("gpt-4.1-mini-2025-04-14")
    assert price is not None
    assert (price.training, bool(price.source), price.as_of.year) == (Decimal(5), True, 2026)


def test_a_setting_of_words_takes_its_words_only() -> None:
    method = LOCAL_ROW.hyperparameter("method")
    assert method is not None
    assert (method.problem("full"), method.shown("full")[:5]) == ("", "Full:")
    assert "lora, qlora, full" in method.problem("magic")
    epochs = LOCAL_ROW.hyperparameter("n_epochs")
    assert epochs is not None
    assert epochs.problem("three") == "Epochs must be a number."
    assert epochs.problem(True) == "Epochs must be a number."
