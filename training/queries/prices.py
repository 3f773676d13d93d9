"""What training on a text costs, for every model whose price is known."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from training.models import ModelPrice
from training.providers.capabilities import OPENAI, PRICES, tokenizer_of

_DATED = re.compile(r"-\d{4}-\d{2}-\d{2}$")


@dataclass(frozen=True)
class TrainingPrice:
    """One base model's price for training, in US dollars per million tokens of an epoch."""

    model: str
    usd_per_million_tokens: Decimal
    as_of: date

    @property
    def short_name(self) -> str:
        """The model's name without the day it was made."""
        return _DATED.sub("", self.model)

    def cost_usd(self, tokens: int) -> Decimal:
        """Return what one epoch over so many tokens costs."""
        return tokens * self.usd_per_million_tokens / 1_000_000


def training_prices(tokenizer: str) -> list[TrainingPrice]:
    """Return the known prices of the models that count tokens like this, the cheapest first.

    An admin's row goes before the published price of the same model; one without a price for
    training says that the model cannot be trained any more.
    """
    prices = {
        price.model: (price.training, price.as_of)
        for price in PRICES
        if tokenizer_of(price.model) == tokenizer
    }
    for row in ModelPrice.objects.filter(provider=OPENAI):
        if tokenizer_of(row.model) == tokenizer:
            prices[row.model] = (row.training_usd_per_million_tokens, row.as_of)
    known = [
        TrainingPrice(model, usd, as_of)
        for model, (usd, as_of) in prices.items()
        if usd is not None
    ]
    return sorted(known, key=lambda price: (price.usd_per_million_tokens, price.model))
