"""The order form of one training job: ``spec.json`` in the job directory.

Shape of the file (all but ``job`` and ``base.kind`` may be left out)::

    {
      "job": "0d0c…",                   UUID of the job, prefix of its event ids
      "base": {
        "kind": "script",               "script": build a small model from script.jsonl
                                        "pretrained": take name_or_path
        "name_or_path": "script-base",  pretrained: Hugging Face id or directory
        "revision": null,               pretrained: commit of the id
        "cache_dir": "/…/bases",        script: where built bases are kept
        "system_template": "You are {character}.",   for str.format; "" for no message
        "speaker_template": "{speaker}: {text}",
        "joins_with": "\\n",            between neighbouring lines of one message
        "played_by_adapter": "",        script: the base never speaks as this character
        "base_epochs": null,            script: null chooses by the size of the script
        "size": "tiny"                  script: a key of MODEL_SIZES
      },
      "hyperparameters": {              names of the OpenAI protocol and of Nebius;
        "method": "auto",               "lora", "qlora" (over a base of 4 bits) or "full"
        "n_epochs": "auto",             null or "auto" takes the default of the kind of base
        "batch_size": "auto",
        "learning_rate": "auto",        absolute, not a multiplier
        "lora_r": "auto", "lora_alpha": "auto", "lora_dropout": "auto",
        "warmup_ratio": "auto",         share of all steps
        "context_length": "auto",       tokens; a longer record is refused, never cut
        "early_stopping_patience": "auto",  epochs without a better validation loss; 0 = off
        "packing": "auto",              "on": the records of a batch lie end to end, unpadded
        "gradient_checkpointing": "auto"    "on", "off"; auto: on a graphics card
      },
      "objective": "sft",               "dpo": the files hold preference pairs, see preferences.py
      "beta": 0.1,                      dpo: how closely it keeps to what it was before
      "start_adapter": null,            dpo: adapter of this base to go on from; null: the base
      "seed": 1,
      "threads": 1,
      "owner_pid": null,                training ends as interrupted when this process is gone
      "tokenizer_copy_to": null         script: directory that gets tokenizer and template
    }
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self, get_args
from uuid import UUID

from training.trainer.errors import TrainerError

BaseKind = Literal["script", "pretrained"]
Method = Literal["lora", "qlora", "full"]
Objective = Literal["sft", "dpo"]
AUTO = (None, "auto")

# layers, width, attention heads: about 1.6M, 2.5M and 3.8M parameters with a vocabulary of 6,000
MODEL_SIZES: dict[str, tuple[int, int, int]] = {
    "micro": (2, 32, 2),
    "tiny": (4, 128, 4),
    "small": (5, 160, 5),
    "medium": (6, 192, 6),
}
_LIMITS: dict[str, tuple[float, float]] = {
    "n_epochs": (1, 100),
    "batch_size": (1, 256),
    "learning_rate": (1e-7, 1.0),
    "lora_r": (1, 256),
    "lora_alpha": (1, 1024),
    "lora_dropout": (0.0, 0.9),
    "warmup_ratio": (0.0, 0.9),
    "context_length": (16, 131072),
    "early_stopping_patience": (0, 100),
}
_CHOICES: dict[str, tuple[str, ...]] = {
    "method": get_args(Method),
    "packing": ("off", "on"),
    "gradient_checkpointing": ("auto", "off", "on"),
}
# Full training moves every weight, so it takes smaller steps.
FULL_LEARNING_RATE: dict[BaseKind, float] = {"script": 3e-4, "pretrained": 1e-5}
DPO_BETA = 0.1
DPO_LEARNING_RATE = 5e-6  # of preferences; much higher ones make it forget how to talk


@dataclass(frozen=True, kw_only=True)
class Hyperparameters:
    """What the person chose, with every "auto" resolved."""

    method: Method
    n_epochs: int
    batch_size: int
    learning_rate: float
    lora_r: int
    lora_alpha: int
    lora_dropout: float
    warmup_ratio: float
    context_length: int
    early_stopping_patience: int
    packing: str
    gradient_checkpointing: str

    def recomputes(self, *, on_gpu: bool) -> bool:
        """Say whether activations are computed again instead of kept."""
        return self.gradient_checkpointing == "on" or (
            on_gpu and self.gradient_checkpointing == "auto"
        )

    @classmethod
    def parse(cls, raw: Mapping[str, Any], *, kind: BaseKind) -> Self:
        """Take the named values, fill in defaults, refuse unknown names and bad ranges."""
        known = {field.name: field.type for field in fields(cls)}
        if unknown := sorted(set(raw) - set(known)):
            raise _bad(f"the hyperparameter {unknown[0]} is not known; use {', '.join(known)}")
        told = {name: value for name, value in raw.items() if value not in AUTO}
        chosen = {**DEFAULTS[kind], **told}
        for name, value in chosen.items():
            if name in _CHOICES:
                _check_choice(name, value)
            else:
                _check_number(name, value, whole=known[name] is int)
        if chosen["method"] == "full" and "learning_rate" not in told:
            chosen["learning_rate"] = FULL_LEARNING_RATE[kind]
        return cls(**chosen)


DEFAULTS: dict[BaseKind, dict[str, Any]] = {
    "script": {
        "method": "lora",
        "n_epochs": 6,
        "batch_size": 8,
        "learning_rate": 1e-3,
        "lora_r": 16,
        "lora_alpha": 32,
        "lora_dropout": 0.05,
        "warmup_ratio": 0.05,
        "context_length": 1024,
        "early_stopping_patience": 2,
        "packing": "off",
        "gradient_checkpointing": "auto",
    },
    "pretrained": {
        "method": "lora",
        "n_epochs": 3,
        "batch_size": 4,
        "learning_rate": 2e-4,
        "lora_r": 16,
        "lora_alpha": 32,
        "lora_dropout": 0.05,
        "warmup_ratio": 0.05,
        "context_length": 1024,
        "early_stopping_patience": 2,
        "packing": "off",
        "gradient_checkpointing": "auto",
    },
}


@dataclass(frozen=True, kw_only=True)
class BaseSpec:
    """Which model is adapted."""

    kind: BaseKind
    name_or_path: str = "script-base"
    revision: str | None = None
    cache_dir: str = ""
    system_template: str = "You are {character}."
    speaker_template: str = "{speaker}: {text}"
    joins_with: str = "\n"
    played_by_adapter: str = ""
    base_epochs: int | None = None
    size: str = "tiny"

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> Self:
        """Check names, kinds and templates."""
        _check_names("base", raw, cls)
        if raw.get("kind") not in get_args(BaseKind):
            raise _bad('base.kind must be "script" or "pretrained"')
        values = dict(raw)
        if values.get("base_epochs") in AUTO:
            values["base_epochs"] = None
        base = cls(**values)
        base.check()
        return base

    def check(self) -> None:
        """Refuse what could only fail later."""
        if self.size not in MODEL_SIZES:
            raise _bad(f"base.size must be one of {', '.join(MODEL_SIZES)}")
        if self.base_epochs is not None:
            _check_number("base_epochs", self.base_epochs, whole=True, limits=(1, 200))
        if self.kind == "script" and not self.cache_dir:
            raise _bad("base.cache_dir must name the directory in which built bases are kept")
        if self.kind == "pretrained" and not self.name_or_path:
            raise _bad("base.name_or_path must name a Hugging Face id or a directory")
        try:
            self.system_message("Ada")
            self.spoken_as("Ada", "Hello.")
        except (KeyError, IndexError, ValueError, AttributeError) as error:
            raise _bad(
                "the templates may use only {character}, and {speaker} and {text}; "
                "any other brace is written twice"
            ) from error

    def system_message(self, character: str) -> str:
        """Return the system message for one character; empty for none."""
        return self.system_template.format(character=character)

    def spoken_as(self, speaker: str, text: str) -> str:
        """Return a line as another speaker says it to the assistant."""
        if not speaker:
            return text
        return self.speaker_template.format(speaker=speaker, text=text)


@dataclass(frozen=True, kw_only=True)
class JobSpec:
    """Everything one training process needs to know besides its records."""

    job: str
    base: BaseSpec
    hyperparameters: Hyperparameters
    objective: Objective = "sft"
    beta: float = DPO_BETA
    start_adapter: str | None = None
    seed: int = 1
    threads: int = 1
    processes: int = 1
    owner_pid: int | None = None
    tokenizer_copy_to: str | None = None

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> Self:
        """Build the typed order form from the JSON object.

        Raises:
            TrainerError: code ``bad_spec``, with a sentence that names the field.
        """
        _check_names("the job", raw, cls)
        try:
            job = str(UUID(str(raw["job"])))
        except (KeyError, ValueError) as error:
            raise _bad("job must be a UUID") from error
        if not isinstance(raw.get("base"), Mapping):
            raise _bad("base must be an object")
        base = BaseSpec.parse(raw["base"])
        optional = ("owner_pid", "tokenizer_copy_to", "objective", "beta", "start_adapter")
        rest = {name: raw[name] for name in optional if name in raw}
        seed, threads = raw.get("seed", 1), raw.get("threads", 1)
        _check_number("seed", seed, whole=True, limits=(0, 2**31 - 1))
        _check_number("threads", threads, whole=True, limits=(1, 256))
        processes = raw.get("processes", 1)
        _check_number("processes", processes, whole=True, limits=(1, 64))
        told = of_objective(raw.get("hyperparameters") or {}, rest.get("objective", "sft"))
        hyperparameters = Hyperparameters.parse(told, kind=base.kind)
        _check_objective(rest, method=hyperparameters.method)
        return cls(
            job=job,
            base=base,
            hyperparameters=hyperparameters,
            seed=seed,
            threads=threads,
            processes=processes,
            **rest,
        )

    def as_json(self) -> dict[str, Any]:
        """Return the JSON object that ``parse`` reads."""
        return asdict(self)


def of_objective(told: Mapping[str, Any], objective: str) -> Mapping[str, Any]:
    """Return hyperparameters with what an objective takes where nobody chose."""
    if objective == "dpo" and told.get("learning_rate") in AUTO:
        return {**told, "learning_rate": DPO_LEARNING_RATE}
    return told


def _bad(sentence: str) -> TrainerError:
    return TrainerError("bad_spec", f"The job cannot be read: {sentence}.")


def _check_names(where: str, raw: Mapping[str, Any], cls: type[Any]) -> None:
    known = [field.name for field in fields(cls)]
    if unknown := sorted(set(raw) - set(known)):
        raise _bad(f"{where} has the unknown field {unknown[0]}")


def _check_objective(values: Mapping[str, Any], *, method: Method) -> None:
    if values.get("objective", "sft") not in get_args(Objective):
        raise _bad(f"objective must be one of {', '.join(get_args(Objective))}")
    _check_number("beta", values.get("beta", DPO_BETA), whole=False, limits=(0.001, 10))
    if values.get("objective") == "dpo" and method == "full":
        raise _bad("preferences are learnt by LoRA or QLoRA, not in full")
    if values.get("start_adapter") and values.get("objective") != "dpo":
        raise _bad("start_adapter is for preferences only")


def _check_choice(name: str, value: object) -> None:
    if value not in _CHOICES[name]:
        raise _bad(f"{name} must be one of {', '.join(_CHOICES[name])}, not {value!r}")


def _check_number(
    name: str, value: object, *, whole: bool, limits: tuple[float, float] | None = None
) -> None:
    low, high = limits or _LIMITS[name]
    kinds = (int,) if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
        kind = "a whole number" if whole else "a number"
        raise _bad(f"{name} must be {kind} from {low:g} to {high:g}, not {value!r}")
