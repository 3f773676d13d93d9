"""An order for a fine-tuning job, and what keeps it from being fulfilled."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db.models import Max
from django.utils import timezone

from curation.enums import DatasetState, Split
from curation.models import DatasetVersion, Project
from curation.queries.dataset_facts import file_facts
from rickproject.config import get_config
from training.domain.job_limits import JobError
from training.domain.preferences import check_preferences
from training.enums import Objective
from training.models import ModelVersion
from training.providers.capabilities import LOCAL, SCRIPT_BASE, Capabilities
from training.providers.registry import capabilities_here, missing_for

MOST_SEED = 2**31 - 1
MEGABYTE = 1_000_000
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be trained, where and how; the columns of a job's row that a person chose."""

    dataset: DatasetVersion
    provider: str
    base_model: str
    hyperparameters: dict[str, Any]
    seed: int
    suffix: str
    objective: Objective = Objective.SFT
    start_model: ModelVersion | None = None


def check_order(project: Project, order: Order, *, takes_uploads: bool = False) -> None:
    """Refuse an order that no provider could fulfil.

    Raises:
        JobError: with a sentence that says what to change.
    """
    dataset, row = order.dataset, capabilities_here(order.provider)
    if dataset.project_id != project.pk:
        raise JobError("This dataset belongs to another project.")
    is_taken = takes_uploads and dataset.state == DatasetState.UPLOADED
    if dataset.state != DatasetState.APPROVED and not is_taken:
        raise JobError(
            f"Dataset {dataset.number} is {dataset.get_state_display()}; only approved versions "
            "can be trained on. An admin approves it."
        )
    if missing := missing_for(order.provider):
        raise JobError(missing)
    if row.last_job_on and timezone.now().date() > row.last_job_on:
        raise JobError(f"{row.label} takes no fine-tuning jobs since {row.last_job_on:%d %B %Y}.")
    if not order.base_model.strip():
        raise JobError("Choose a base model.")
    _check_base_model(row, order.base_model)
    if not 0 <= order.seed <= MOST_SEED:
        raise JobError(f"The seed is a whole number from 0 to {MOST_SEED}.")
    if order.suffix and not row.takes_suffix:
        raise JobError(f"{row.label} takes no suffix.")
    if problem := row.suffix_problem(order.suffix):
        raise JobError(problem)
    _check_records(row, order)
    _check_hyperparameters(row, order)
    check_preferences(row, order)


def _check_base_model(row: Capabilities, base_model: str) -> None:
    if row.key == LOCAL and base_model != SCRIPT_BASE:
        _check_local_base(base_model)
    known = row.base_model(base_model)
    if known and known.closing_on and timezone.now().date() > known.closing_on:
        raise JobError(f"{known.label} was shut down on {known.closing_on:%d %B %Y}.")


def _check_local_base(base_model: str) -> None:
    """Take Hugging Face ids, and folders only below those an operator opened for base models."""
    if HUB_ID.fullmatch(base_model) and ".." not in base_model:
        return
    if not base_model.startswith("/"):
        raise JobError(
            "Name the base model by its Hugging Face id, such as owner/name, or by an absolute "
            "folder."
        )
    config = get_config()
    opened = [*config.base_model_folders, config.var_dir / "bases"]
    folder = Path(base_model).resolve()
    if not any(folder.is_relative_to(allowed.resolve()) for allowed in opened):
        raise JobError(
            "This folder is not open for base models. Ask an operator to move the model into one "
            "that is, or to name its folder in RICK_BASE_MODEL_DIRS."
        )
    if not folder.is_dir():
        raise JobError("There is no such folder on the server.")


def _check_records(row: Capabilities, order: Order) -> None:
    """Keep the provider's rules about files, so that it does not refuse what was uploaded."""
    dataset = order.dataset
    if dataset.train_count < row.fewest_records:
        raise JobError(
            f"Dataset {dataset.number} has {dataset.train_count} records to learn from; "
            f"{row.label} asks for at least {row.fewest_records}."
        )
    base = row.base_model(order.base_model)
    limit = base.context_tokens if base else None
    longest = dataset.records.filter(split=Split.TRAIN).aggregate(most=Max("token_count"))["most"]
    if limit and longest and longest > limit:
        raise JobError(
            f"The longest record has {longest:,} tokens, and {order.base_model} takes {limit:,}: "
            "build a version with a lower limit, or choose another base model."
        )
    most = row.largest_file_mb
    if most and file_facts(dataset)[Split.TRAIN]["bytes"] > most * MEGABYTE:
        raise JobError(f"The training file is above the {most} MB that {row.label} takes.")


def _check_hyperparameters(row: Capabilities, order: Order) -> None:
    for name, value in order.hyperparameters.items():
        setting = row.hyperparameter(name)
        if setting is None:
            names = ", ".join(known.name for known in row.hyperparameters)
            raise JobError(f"{row.label} has no setting {name!r}; it has {names}.")
        if setting.objective not in ("", order.objective):
            raise JobError(f"{setting.label} belongs to learning from preference pairs.")
        if problem := setting.problem(value):
            raise JobError(problem)
