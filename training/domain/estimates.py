"""What a job will take: tokens, time and money, said before it starts."""

import json
import math
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from curation.domain.preference_pairs import approved_pairs
from curation.enums import DatasetState, Split
from curation.models import DatasetVersion, Utterance
from rickproject.config import get_config
from rickproject.lib.tokens import count_tokens
from training.enums import JobState, Objective
from training.models import FineTuneJob, ModelPrice
from training.providers.capabilities import (
    LOCAL,
    OPENAI,
    SCRIPT_BASE,
    published_price,
    tokenizer_of,
)
from training.providers.registry import capabilities_here
from training.trainer.spec import DEFAULTS, DPO_LEARNING_RATE, BaseKind

MILLION = Decimal(1_000_000)
CENTS = Decimal("0.0001")

# OpenAI cookbook, "Data preparation and analysis for chat model fine-tuning".
TARGET_EPOCHS, FEWEST_EXAMPLES, MOST_EXAMPLES, MOST_EPOCHS = 3, 100, 25_000, 25

# Measured on two shared cores with one thread: see docs of local training.
START_SECONDS = 12.0
LINE_PASSES, LINE_PASS_SECONDS = 7_500, 0.011
RECORD_PASS_SECONDS = 0.03


@dataclass(frozen=True)
class Estimate:
    """What a job will take.

    Attributes:
        tokens: of the training records times the epochs.
        seconds: None where only the provider knows.
        cost_usd: None where no price is known; zero on this machine.
        price_as_of, price_source: of the price behind the cost.
        is_rough: tokens were counted with another tokenizer than the model's.
        base_lines: lines of the project's scripts that the base model learns before the records.
    """

    tokens: int
    epochs: int
    seconds: int | None
    cost_usd: Decimal | None
    price_as_of: date | None = None
    price_source: str = ""
    is_rough: bool = False
    base_lines: int = 0


def estimate_job(
    dataset: DatasetVersion,
    *,
    provider: str,
    base_model: str,
    hyperparameters: dict[str, Any],
    objective: Objective = Objective.SFT,
) -> Estimate:
    """Work out what a job will take; nothing is asked of anybody."""
    if objective == Objective.DPO:
        return _estimate_preferences(dataset, provider, base_model, hyperparameters)
    epochs = int(hyperparameters.get("n_epochs") or 0)
    if provider == LOCAL:
        epochs = epochs or DEFAULTS[base_kind(base_model)]["n_epochs"]
        lines = _base_lines(dataset, base_model)
        seconds = _local_seconds(dataset, base_model, epochs, lines)
        tokens = dataset.train_token_count * epochs
        return Estimate(tokens, epochs, seconds, Decimal(0), is_rough=True, base_lines=lines)
    epochs = epochs or automatic_epochs(dataset.train_count)
    tokens = dataset.train_token_count * epochs
    price, as_of, source = training_price(provider, base_model)
    row = capabilities_here(provider)
    checked = dataset.validation_token_count * epochs if row.is_validation_billed else 0
    cost = None if price is None else ((tokens + checked) * price / MILLION).quantize(CENTS)
    rough = tokenizer_of(base_model) != dataset.tokenizer
    return Estimate(tokens, epochs, None, cost, as_of, source, is_rough=rough)


def _estimate_preferences(
    dataset: DatasetVersion, provider: str, base_model: str, hyperparameters: dict[str, Any]
) -> Estimate:
    """Count both replies of each pair with what leads to them; how long it takes is not known."""
    if dataset.state == DatasetState.UPLOADED:
        pairs, once = dataset.train_count, dataset.train_token_count
    else:
        counts = [
            _pair_tokens(json.loads(line), dataset.tokenizer)
            for line in approved_pairs(dataset, Split.TRAIN)
        ]
        pairs, once = len(counts), sum(counts)
    epochs = int(hyperparameters.get("n_epochs") or 0)
    usual = DEFAULTS["pretrained"]["n_epochs"] if provider == LOCAL else None
    epochs = epochs or usual or automatic_epochs(pairs)
    tokens = once * epochs
    if provider == LOCAL:
        return Estimate(tokens, epochs, None, Decimal(0), is_rough=True)
    price, as_of, source = training_price(provider, base_model)
    cost = None if price is None else (tokens * price / MILLION).quantize(CENTS)
    return Estimate(tokens, epochs, None, cost, as_of, source, is_rough=True)


def _pair_tokens(pair: dict[str, Any], tokenizer: str) -> int:
    prompt = pair["input"]["messages"]
    return sum(
        count_tokens([*prompt, *pair[reply]], tokenizer).total
        for reply in ("preferred_output", "non_preferred_output")
    )


def base_kind(base_model: str) -> BaseKind:
    """Return what a local base model is to the trainer."""
    return "script" if base_model == SCRIPT_BASE else "pretrained"


def usual_learning_rate(base_model: str, objective: Objective) -> float:
    """Return the learning rate that a local job takes where nobody chose."""
    if objective == Objective.DPO:
        return DPO_LEARNING_RATE
    return float(DEFAULTS[base_kind(base_model)]["learning_rate"])


def automatic_epochs(examples: int) -> int:
    """Return how many epochs OpenAI takes for so many examples when it may choose.

    Source: OpenAI cookbook, "Data preparation and analysis for chat model fine-tuning".
    """
    if examples * TARGET_EPOCHS < FEWEST_EXAMPLES:
        return min(MOST_EPOCHS, FEWEST_EXAMPLES // max(examples, 1))
    if examples * TARGET_EPOCHS > MOST_EXAMPLES:
        return max(1, MOST_EXAMPLES // examples)
    return TARGET_EPOCHS


def training_price(provider: str, base_model: str) -> tuple[Decimal | None, date | None, str]:
    """Return US dollars per million trained tokens with date and source; the admin's row first."""
    row = ModelPrice.objects.filter(provider=provider, model=base_model).first()
    if row:
        return row.training_usd_per_million_tokens, row.as_of, row.source
    is_openai = provider == OPENAI or capabilities_here(provider).key == OPENAI
    if is_openai and (published := published_price(base_model)):
        return published.training, published.as_of, published.source
    return None, None, ""


def _base_lines(dataset: DatasetVersion, base_model: str) -> int:
    if base_model != SCRIPT_BASE:
        return 0
    return Utterance.objects.filter(episode__script__project_id=dataset.project_id).count()


def _local_seconds(dataset: DatasetVersion, base_model: str, epochs: int, lines: int) -> int | None:
    earlier = (
        FineTuneJob.objects.filter(
            project_id=dataset.project_id,
            provider=LOCAL,
            base_model=base_model,
            state=JobState.SUCCEEDED,
            trained_tokens__gt=0,
            started_at__isnull=False,
            finished_at__isnull=False,
        )
        .order_by("-pk")
        .first()
    )
    if earlier and earlier.started_at and earlier.finished_at and earlier.trained_tokens:
        taken = (earlier.finished_at - earlier.started_at).total_seconds()
        share = dataset.train_token_count * epochs / earlier.trained_tokens
        return max(1, math.ceil(START_SECONDS + max(0.0, taken - START_SECONDS) * share))
    if base_model != SCRIPT_BASE:
        return None
    chosen = get_config().script_base_epochs
    passes = chosen * lines if chosen else min(max(LINE_PASSES, 3 * lines), 12 * lines)
    adapter = dataset.train_count * epochs * RECORD_PASS_SECONDS
    return math.ceil(START_SECONDS + passes * LINE_PASS_SECONDS + adapter)
