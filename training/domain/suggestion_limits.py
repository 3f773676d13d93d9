"""What a project's questions to language models may take, and what they take."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Sum
from django.utils import timezone

from curation.models import Project
from rickproject.config import get_config
from training.errors import TrainingError
from training.models import ModelPrice, SuggestionPart

LIMIT_DAYS = 30
#: Provider of the price rows that an admin enters for suggestions.
PRICE_PROVIDER = "suggestions"
MILLION = Decimal(1_000_000)
CENTS = Decimal("0.000001")


class SuggestionLimitError(TrainingError):
    """The project's tokens or money for suggestions are used up, or the price is not known."""

    code = "suggestion_limit"


@dataclass(frozen=True)
class SuggestionPrice:
    """What a model costs for suggestions, in US dollars per million tokens."""

    input_usd: Decimal
    output_usd: Decimal
    as_of: date
    source: str

    def cost_usd(self, *, input_tokens: int, output_tokens: int) -> Decimal:
        """Return what so many tokens cost, to a millionth of a dollar."""
        whole = self.input_usd * input_tokens + self.output_usd * output_tokens
        return (whole / MILLION).quantize(CENTS)


@dataclass(frozen=True)
class Spending:
    """What a project's questions took or reserved in the last days."""

    tokens: int
    usd: Decimal


def price_of(model: str) -> SuggestionPrice | None:
    """Return the price that an admin entered for a model; None where nobody did.

    Published prices are not guessed at: servers of one protocol ask very different ones.
    """
    row = ModelPrice.objects.filter(provider=PRICE_PROVIDER, model=model).first()
    if row is None or row.input_usd_per_million_tokens is None:
        return None
    if row.output_usd_per_million_tokens is None:
        return None
    return SuggestionPrice(
        row.input_usd_per_million_tokens,
        row.output_usd_per_million_tokens,
        row.as_of,
        row.source,
    )


def spending_of(project: Project) -> Spending:
    """Return what the project's questions of the last :data:`LIMIT_DAYS` days took or reserve."""
    since = timezone.now() - timedelta(days=LIMIT_DAYS)
    found = SuggestionPart.objects.filter(
        request__project=project, created_at__gte=since
    ).aggregate(tokens=Sum("reserved_tokens"), usd=Sum("reserved_usd"))
    return Spending(found["tokens"] or 0, found["usd"] or Decimal(0))


def require_room(project: Project, *, more_tokens: int, more_usd: Decimal | None) -> None:
    """Refuse what would take the project above its limits.

    Call it with the project's row locked, in the transaction that writes the reservation.

    Raises:
        SuggestionLimitError: too little is left, or money is limited and the price not known.
    """
    config = get_config()
    spent = spending_of(project)
    if spent.tokens + more_tokens > config.suggestion_tokens:
        raise SuggestionLimitError(
            f"It would take up to {more_tokens:,} tokens, and {spent.tokens:,} of the project's "
            f"{config.suggestion_tokens:,} for {LIMIT_DAYS} days are used or reserved. An "
            "operator can raise RICK_SUGGESTION_TOKENS."
        )
    budget = config.suggestion_budget_usd
    if budget is None:
        return
    if more_usd is None:
        raise SuggestionLimitError(
            "The price of this model is not known, so the project's budget cannot be kept. An "
            "admin can enter it among the model prices, for the provider "
            f"“{PRICE_PROVIDER}”; 0 for a server of your own."
        )
    if spent.usd + more_usd > budget:
        raise SuggestionLimitError(
            f"It could cost ${more_usd:.4f}, and ${spent.usd:.4f} of the project's ${budget:.2f} "
            f"for {LIMIT_DAYS} days are spent or reserved. An operator can raise "
            "RICK_SUGGESTION_BUDGET_USD."
        )
