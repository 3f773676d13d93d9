"""What each provider can do, as rows: names, limits, closing dates, token encodings, prices.

Sources: OpenAI's deprecations page, fine-tuning guide and API reference; Microsoft's page on
fine-tuning in Foundry; the price table of litellm 1.109.1. All read in November 2026.
"""

import math
import re
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from urllib.parse import urlsplit

LOCAL, OPENAI = "local", "openai"
SCRIPT_BASE = "script-base"
READ_ON = date(2026, 11, 22)


@dataclass(frozen=True, kw_only=True)
class Hyperparameter:
    """One setting of a job under the provider's own name; left empty it is chosen for you.

    Attributes:
        minimum, maximum: inclusive, None for no limit.
        above_minimum: the minimum itself is not allowed.
        choices: values with their labels, where it is a word and no number.
        objective: the only kind of training it belongs to; empty for every kind.
    """

    name: str
    label: str
    whole: bool = False
    minimum: float = 0
    maximum: float | None = None
    above_minimum: bool = False
    default: str = "auto"
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    objective: str = ""

    def problem(self, value: float | str) -> str:
        """Return why a value is not allowed, empty if it is."""
        if self.choices:
            names = [name for name, _label in self.choices]
            return "" if value in names else f"{self.label} must be one of {', '.join(names)}."
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not isinstance(value, int | float) or not is_number or not math.isfinite(value):
            return f"{self.label} must be a number."
        low = value <= self.minimum if self.above_minimum else value < self.minimum
        high = self.maximum is not None and value > self.maximum
        if self.whole and value != int(value):
            return f"{self.label} must be a whole number."
        return f"{self.label} must be {self.limits}." if low or high else ""

    def shown(self, value: float | str) -> str:
        """Return a value as people read it."""
        if self.choices:
            return dict(self.choices).get(str(value), str(value))
        return f"{value:g}" if isinstance(value, int | float) else str(value)

    @property
    def limits(self) -> str:
        """The range in words; empty where it is a choice."""
        if self.choices:
            return ""
        if self.maximum is None:
            return f"{'above' if self.above_minimum else 'at least'} {self.minimum:g}"
        start = f"above {self.minimum:g}" if self.above_minimum else f"{self.minimum:g}"
        return f"{start} to {self.maximum:g}"


@dataclass(frozen=True, kw_only=True)
class BaseModel:
    """A model that can be trained further.

    Attributes:
        tokenizer: as ``rickproject.lib.tokens`` names it, empty for the model's own.
        context_tokens: longest training example.
        closing_on: the model and every model made from it stop answering on this day.
    """

    name: str
    label: str = ""
    tokenizer: str = ""
    context_tokens: int | None = None
    closing_on: date | None = None
    closing_source: str = ""


@dataclass(frozen=True, kw_only=True)
class Price:
    """What one million tokens cost in US dollars."""

    model: str
    training: Decimal | None
    input: Decimal | None
    output: Decimal | None
    as_of: date = READ_ON
    source: str = "fine-tuning guide of OpenAI; litellm 1.109.1"


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """One provider.

    Attributes:
        suffix_pattern: what the whole suffix must match.
        last_job_on: no new job is accepted after this day.
        takes_any_base: base models are typed, not only chosen.
        fewest_records: that a training file must hold.
        largest_file_mb: of a training file, in MB of 1,000,000 bytes; None for no limit.
        learns_preferences: jobs may learn from preference pairs (DPO).
        moderation_model: reads texts before they are trained on and says what it would refuse;
            empty where the provider has none.
    """

    key: str
    label: str
    hyperparameters: tuple[Hyperparameter, ...]
    base_models: tuple[BaseModel, ...] = ()
    takes_any_base: bool = False
    learns_preferences: bool = True
    fewest_records: int = 10
    largest_file_mb: int | None = None
    suffix_pattern: str = r"[A-Za-z0-9._ -]{1,64}"
    suffix_rule: str = "at most 64 letters, digits, dots, spaces and hyphens"
    takes_suffix: bool = True
    adds_byte_order_mark: bool = False
    has_checkpoints: bool = True
    can_pause: bool = False
    is_validation_billed: bool = False
    moderation_model: str = ""
    last_job_on: date | None = None
    closing_source: str = ""
    notes: tuple[str, ...] = ()

    def suffix_problem(self, suffix: str) -> str:
        """Return why a suffix is not allowed, empty if it is."""
        if not suffix or re.fullmatch(self.suffix_pattern, suffix):
            return ""
        return f"The suffix may have {self.suffix_rule}."

    def hyperparameter(self, name: str) -> Hyperparameter | None:
        """Return the setting of this name."""
        return next((row for row in self.hyperparameters if row.name == name), None)

    def base_model(self, name: str) -> BaseModel | None:
        """Return the base model of this name."""
        return next((row for row in self.base_models if row.name == name), None)


_BETA = Hyperparameter(
    name="beta",
    label="Beta",
    minimum=0,
    above_minimum=True,
    maximum=2,
    objective="dpo",
    help="How closely it keeps to what it was before: more is closer.",
)
_SUPERVISED = (
    Hyperparameter(name="n_epochs", label="Epochs", whole=True, minimum=1, maximum=50),
    Hyperparameter(name="batch_size", label="Batch size", whole=True, minimum=1, maximum=256),
    Hyperparameter(
        name="learning_rate_multiplier",
        label="Learning rate multiplier",
        whole=False,
        minimum=0,
        above_minimum=True,
        maximum=None,
    ),
    _BETA,
)
_LOCAL = (
    Hyperparameter(
        name="method",
        label="Method",
        choices=(
            ("lora", "LoRA: a small adapter beside the base"),
            ("qlora", "QLoRA: the same over a base of 4 bits"),
            ("full", "Full: every weight of the model"),
        ),
        default="LoRA",
        help=(
            "LoRA suits nearly every script. QLoRA when the base does not fit into the memory; it "
            "is somewhat slower and less exact. Full for small models and thousands of dialogues; "
            "it takes four times the memory and leaves a whole model."
        ),
    ),
    Hyperparameter(
        name="n_epochs",
        label="Epochs",
        whole=True,
        minimum=1,
        maximum=100,
        help="How often every example is seen; it stops earlier when validation gets worse.",
    ),
    Hyperparameter(name="batch_size", label="Batch size", whole=True, minimum=1, maximum=256),
    Hyperparameter(
        name="learning_rate", label="Learning rate", whole=False, minimum=1e-7, maximum=1.0
    ),
    Hyperparameter(
        name="early_stopping_patience",
        label="Patience",
        whole=True,
        minimum=0,
        maximum=100,
        help="Epochs without a better validation loss before it stops; 0 never stops early.",
    ),
    Hyperparameter(name="lora_r", label="LoRA rank", whole=True, minimum=1, maximum=256),
    Hyperparameter(name="lora_alpha", label="LoRA alpha", whole=True, minimum=1, maximum=1024),
    Hyperparameter(name="lora_dropout", label="LoRA dropout", whole=False, minimum=0, maximum=0.9),
    Hyperparameter(name="warmup_ratio", label="Warm-up", whole=False, minimum=0, maximum=0.9),
    Hyperparameter(
        name="context_length", label="Longest example", whole=True, minimum=16, maximum=131072
    ),
    Hyperparameter(
        name="packing",
        label="Packing",
        choices=(("off", "Off: examples are padded"), ("on", "On: examples lie end to end")),
        default="off",
        help="Saves the padding when examples differ much in length; none sees another.",
    ),
    Hyperparameter(
        name="gradient_checkpointing",
        label="Gradient checkpointing",
        choices=(("off", "Off"), ("on", "On: less memory, about a third slower")),
        default="on a GPU",
    ),
    replace(_BETA, minimum=0.001, above_minimum=False, default="0.1"),
)

_CLOSING = {
    "closing_on": date(2027, 1, 14),
    "closing_source": "OpenAI's deprecations page and the openai package, read 2026-11-22",
}
_OPENAI_BASES = tuple(
    BaseModel(name=name, label=label, tokenizer="o200k_base", context_tokens=limit, **_CLOSING)  # type: ignore[arg-type]
    for name, label, limit in (
        ("gpt-4.1-mini-2025-04-14", "GPT-4.1 mini", None),
        ("gpt-4.1-2025-04-14", "GPT-4.1", None),
        ("gpt-4o-mini-2024-07-18", "GPT-4o mini", 65_536),
        ("gpt-4o-2024-08-06", "GPT-4o", 65_536),
    )
)

LOCAL_ROW = Capabilities(
    key=LOCAL,
    label="On this machine",
    hyperparameters=_LOCAL,
    base_models=(
        BaseModel(name=SCRIPT_BASE, label="A small model of this script (demonstration)"),
    ),
    takes_any_base=True,
    fewest_records=1,
    takes_suffix=False,
    notes=(
        (
            "The small model is trained on the project's own script and needs no network. It "
            "speaks in the character's phrases, knows nothing else and often trips over its words."
        ),
    ),
)
OPENAI_ROW = Capabilities(
    key=OPENAI,
    label="OpenAI",
    hyperparameters=_SUPERVISED,
    base_models=_OPENAI_BASES,
    takes_any_base=True,
    can_pause=True,
    largest_file_mb=512,
    moderation_model="omni-moderation-latest",
    last_job_on=date(2027, 1, 6),
    closing_source="OpenAI's deprecations page, read 2026-11-22",
    notes=("OpenAI takes fine-tuning jobs only from organisations that already used it.",),
)
AZURE_ROW = Capabilities(
    key="azure",
    label="Azure OpenAI",
    hyperparameters=_SUPERVISED,
    base_models=tuple(
        BaseModel(name=row.name, label=row.label, tokenizer=row.tokenizer) for row in _OPENAI_BASES
    ),
    takes_any_base=True,
    suffix_pattern=r"[A-Za-z0-9_-]{1,18}",
    suffix_rule="at most 18 letters, digits and hyphens, no dots",
    adds_byte_order_mark=True,
    largest_file_mb=512,
    notes=("A finished model must be deployed in Azure before anyone can talk to it.",),
)
COMPATIBLE_ROW = Capabilities(
    key="compatible",
    label="A server of the OpenAI protocol",
    hyperparameters=(
        *_SUPERVISED,
        *(row for row in _LOCAL if row.name in {"learning_rate", "lora_r", "lora_alpha"}),
    ),
    takes_any_base=True,
    can_pause=True,  # a server without it answers 404, which is said in words
)
_NEBIUS_EXTRA = {
    "learning_rate", "lora_r", "lora_alpha", "lora_dropout", "warmup_ratio", "context_length"
}  # fmt: skip
NEBIUS_ROW = Capabilities(
    key="nebius",
    label="Nebius Token Factory",
    learns_preferences=False,
    hyperparameters=(*_SUPERVISED[:2], *(row for row in _LOCAL if row.name in _NEBIUS_EXTRA)),
    takes_any_base=True,
)

PRICES = tuple(
    Price(
        model=model,
        training=Decimal(training) if training else None,
        input=Decimal(given),
        output=Decimal(made),
    )
    for model, training, given, made in (
        ("gpt-4.1-2025-04-14", "25", "3", "12"),
        ("gpt-4.1-mini-2025-04-14", "5", "0.80", "3.20"),
        ("gpt-4o-2024-08-06", None, "3.75", "15"),
        ("gpt-4o-mini-2024-07-18", "3", "0.30", "1.20"),
    )
)

# The SDK's own table answers cl100k_base for tuned models of the 4.1 family, which is wrong.
_ENCODINGS = (
    ("gpt-4o", "o200k_base"),
    ("gpt-4.1", "o200k_base"),
    ("gpt-5", "o200k_base"),
    ("o1", "o200k_base"),
    ("o3", "o200k_base"),
    ("o4", "o200k_base"),
    ("gpt-4", "cl100k_base"),
    ("gpt-3.5", "cl100k_base"),
)


def capabilities_of(provider: str, *, base_url: str = "") -> Capabilities:
    """Return the row of a provider.

    Args:
        provider: ``local`` or ``openai``, as a job names it.
        base_url: tells OpenAI, Azure and others apart.
    """
    if provider == LOCAL:
        return LOCAL_ROW
    host = urlsplit(base_url).hostname or ""
    if host == "api.tokenfactory.nebius.com":
        return NEBIUS_ROW
    if not host or host == "api.openai.com":
        return OPENAI_ROW
    return AZURE_ROW if host.endswith(".openai.azure.com") else COMPATIBLE_ROW


def tokenizer_of(base_model: str) -> str:
    """Return how a base model's tokens are counted, ``estimate`` when it is not known.

    A fine-tuned model counts as its base: ``ft:gpt-4.1-mini-…:org::id``.
    """
    name = base_model.removeprefix("ft:")
    return next((known for start, known in _ENCODINGS if name.startswith(start)), "estimate")


def published_price(base_model: str) -> Price | None:
    """Return what the provider publishes for a base model; the admin's own row goes before it."""
    return next((price for price in PRICES if price.model == base_model), None)
