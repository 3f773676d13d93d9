"""What a reply cost: the tokens that the server counted, at the price of the day."""

from decimal import Decimal

from training.enums import ModelKind
from training.models import ModelPrice, ModelVersion
from training.providers.capabilities import LOCAL, OPENAI, published_price
from training.providers.registry import capabilities_here

MILLION = Decimal(1_000_000)
TENTHS_OF_MICRODOLLARS = Decimal("0.0000001")


def reply_cost(
    model: ModelVersion, *, prompt_tokens: int | None, completion_tokens: int | None
) -> Decimal | None:
    """Return US dollars; zero on this machine, None where tokens or price are not known.

    The operator's price for the model itself goes before the one for its base; what a provider
    publishes is for models that were fine-tuned there.
    """
    if model.provider == LOCAL:
        return Decimal(0)
    prices = _prices(model)
    if prices is None or prompt_tokens is None or completion_tokens is None:
        return None
    cost = (prompt_tokens * prices[0] + completion_tokens * prices[1]) / MILLION
    return cost.quantize(TENTHS_OF_MICRODOLLARS)


def _prices(model: ModelVersion) -> tuple[Decimal, Decimal] | None:
    """Return what a million tokens cost, read and written."""
    names = [model.served_name, model.base_model]
    rows = {
        row.model: row
        for row in ModelPrice.objects.filter(provider=model.provider, model__in=names)
    }
    for row in (rows[name] for name in names if name in rows):
        read, written = row.input_usd_per_million_tokens, row.output_usd_per_million_tokens
        if read is not None and written is not None:
            return read, written
    if model.kind != ModelKind.FINE_TUNED or capabilities_here(model.provider).key != OPENAI:
        return None
    price = published_price(model.base_model)
    return (price.input, price.output) if price and price.input and price.output else None
