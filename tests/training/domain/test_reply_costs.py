"""What a reply cost, by hand: tokens times dollars per million."""

from decimal import Decimal

import pytest
from django.utils import timezone

from tests.factories import ModelVersionFactory
from training.domain.reply_costs import reply_cost
from training.enums import ModelKind
from training.models import ModelPrice, ModelVersion

pytestmark = pytest.mark.django_db


def model(**values: object) -> ModelVersion:
    usual = {"provider": "openai", "base_model": "gpt-4o-mini-2024-07-18", "served_name": "ft:x"}
    made: ModelVersion = ModelVersionFactory(**(usual | values))  # type: ignore[assignment]
    return made


def price(name: str, read: str | None, written: str | None) -> None:
    ModelPrice.objects.create(
        provider="openai",
        model=name,
        input_usd_per_million_tokens=read,
        output_usd_per_million_tokens=written,
        as_of=timezone.now().date(),
        source="offer",
    )


def cost(one: ModelVersion, read: int | None = 2_000, written: int | None = 500) -> Decimal | None:
    return reply_cost(one, prompt_tokens=read, completion_tokens=written)


def test_a_reply_of_this_machine_costs_nothing() -> None:
    assert cost(model(provider="local"), None, None) == 0


def test_a_published_price_is_for_models_fine_tuned_there() -> None:
    assert cost(model()) == Decimal("0.0012")  # 2,000 x $0.30 and 500 x $1.20 a million
    assert cost(model(kind=ModelKind.BASE)) is None


def test_the_operators_price_goes_first_and_the_models_own_before_its_bases() -> None:
    price("gpt-4o-mini-2024-07-18", "1", "2")
    assert cost(model()) == Decimal("0.003")
    price("ft:x", "10", "20")
    assert cost(model()) == Decimal("0.03")


def test_a_price_of_one_kind_of_token_only_is_no_price() -> None:
    price("ft:x", "10", None)
    assert cost(model(base_model="unheard-of")) is None


def test_without_a_count_of_tokens_nothing_is_claimed() -> None:
    assert cost(model(), None) is None
    assert cost(model(), 10, None) is None
    assert cost(model(base_model="unheard-of")) is None
