"""The body of ``POST /v1/fine_tuning/jobs``."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from rickproject.lib.text import text_problem
from training.enums import Objective

Auto = Literal["auto"]
Multiplier = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Hyperparameters(BaseModel):
    """The protocol's own names, and Nebius's for what local training has besides."""

    model_config = ConfigDict(strict=True, extra="forbid")
    n_epochs: Auto | Annotated[int, Field(ge=1, le=50)] | None = None
    batch_size: Auto | Annotated[int, Field(ge=1, le=256)] | None = None
    learning_rate_multiplier: Auto | Multiplier | None = None
    learning_rate: Auto | Annotated[float, Field(gt=0, le=1)] | None = None
    lora_r: Auto | Annotated[int, Field(ge=1, le=256)] | None = None
    lora_alpha: Auto | Annotated[int, Field(ge=1, le=1024)] | None = None
    lora_dropout: Auto | Annotated[float, Field(ge=0, le=0.9)] | None = None
    warmup_ratio: Auto | Annotated[float, Field(ge=0, le=0.9)] | None = None
    context_length: Auto | Annotated[int, Field(ge=16, le=131072)] | None = None
    early_stopping_patience: Auto | Annotated[int, Field(ge=0, le=100)] | None = None
    beta: Auto | Annotated[float, Field(gt=0, le=2)] | None = None

    @property
    def chosen(self) -> dict[str, Any]:
        """What was not left to the trainer."""
        values = self.model_dump(exclude_none=True)
        return {name: value for name, value in values.items() if value != "auto"}


class Training(BaseModel):
    """How a job of one kind is trained."""

    model_config = ConfigDict(strict=True, extra="forbid")
    hyperparameters: Hyperparameters | None = None


class Method(BaseModel):
    """The kind of training; other kinds than these two are refused by name."""

    model_config = ConfigDict(strict=True, extra="forbid")
    type: Literal["supervised", "dpo"]
    supervised: Training | None = None
    dpo: Training | None = None

    @property
    def chosen(self) -> Training | None:
        """What was said about the kind that was asked for."""
        return self.dpo if self.type == "dpo" else self.supervised


FileId = Annotated[str, Field(min_length=1, max_length=80)]


class JobBody(BaseModel):
    """An order for a fine-tuning job."""

    model_config = ConfigDict(strict=True, extra="forbid")
    model: Annotated[str, Field(min_length=1, max_length=200)]
    training_file: FileId
    validation_file: FileId | None = None
    method: Method | None = None
    hyperparameters: Hyperparameters | None = None
    suffix: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    metadata: (
        Annotated[
            dict[
                Annotated[str, Field(min_length=1, max_length=64)],
                Annotated[str, Field(max_length=512)],
            ],
            Field(max_length=16),
        ]
        | None
    ) = None
    integrations: Annotated[list[Any], Field(max_length=0)] | None = None
    provider: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,60}$")] | None = None

    @field_validator("model", "suffix")
    @classmethod
    def _writable(cls, value: str | None) -> str | None:
        if value and (problem := text_problem(value)):
            raise ValueError(problem)
        return value

    @field_validator("metadata")
    @classmethod
    def _writable_pairs(cls, value: dict[str, str] | None) -> dict[str, str] | None:
        for pair in (value or {}).items():
            if problem := text_problem("".join(pair)):
                raise ValueError(problem)
        return value

    @property
    def objective(self) -> Objective:
        """What the job is to learn from."""
        is_dpo = self.method is not None and self.method.type == "dpo"
        return Objective.DPO if is_dpo else Objective.SFT

    @property
    def settings(self) -> dict[str, Any]:
        """The hyperparameters, from ``method`` or from where they were before it."""
        found = self.method.chosen if self.method else None
        of_method = found.hyperparameters if found else None
        chosen = of_method or self.hyperparameters
        return chosen.chosen if chosen else {}
