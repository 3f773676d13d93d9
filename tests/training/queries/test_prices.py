"""What a training record costs: the published price, an admin's own, and nothing unknown."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.curation.domain.dialogue_world import World
from training.models import ModelPrice
from training.queries.prices import training_prices

pytestmark = pytest.mark.django_db


def set_price(model: str, usd: str | None) -> None:
    ModelPrice.objects.create(
        provider="openai",
        model=model,
        training_usd_per_million_tokens=usd and Decimal(usd),
        as_of=date(2026, 12, 1),
        source="the invoice",
    )


def priced(tokenizer: str) -> list[tuple[str, Decimal]]:
    return [(one.short_name, one.usd_per_million_tokens) for one in training_prices(tokenizer)]


def test_training_prices_are_those_of_models_that_count_like_this() -> None:
    assert priced("o200k_base") == [("gpt-4o-mini", 3), ("gpt-4.1-mini", 5), ("gpt-4.1", 25)]
    assert priced("cl100k_base") == priced("estimate") == []


def test_an_admins_price_goes_before_the_published_one() -> None:
    set_price("gpt-4.1-2025-04-14", "2.5")
    set_price("gpt-4o-mini-2024-07-18", None)
    set_price("gpt-3.5-turbo", "8")
    assert priced("o200k_base") == [("gpt-4.1", Decimal("2.5")), ("gpt-4.1-mini", 5)]
    assert priced("cl100k_base") == [("gpt-3.5-turbo", 8)]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"tokens": 1000, "tokenizer": "o200k_base"}, '$<span data-usd-per-million="5">0.0050'),
        ({"tokens": "x", "tokenizer": "o200k_base"}, '$<span data-usd-per-million="5">0.0000'),
        ({"tokens": 9, "tokenizer": "script:vex"}, "it costs nothing"),
    ],
)
def test_record_cost_says_what_an_epoch_costs(query: dict[str, Any], words: str) -> None:
    world = World()
    client = Client()
    client.force_login(world.writer)
    answer = client.get(reverse("record_cost", args=[world.project.slug]), query)
    assert words in answer.content.decode()


def test_record_cost_is_empty_where_no_price_is_known() -> None:
    world = World()
    client = Client()
    client.force_login(world.writer)
    address = reverse("record_cost", args=[world.project.slug])
    answer = client.get(address, {"tokens": 9, "tokenizer": "cl100k_base"})
    assert answer.content.strip() == b""
