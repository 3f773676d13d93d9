"""Learning from preference pairs (DPO): what it is trained on, and what it goes on from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curation.domain.preference_pairs import approved_pairs
from curation.enums import DatasetState, Split
from curation.models import DatasetVersion
from rickproject.config import get_config
from training.domain.job_limits import JobError
from training.enums import Objective
from training.models import ModelVersion, UploadedSplit
from training.providers.capabilities import LOCAL, Capabilities
from training.serving.registry import ModelEntry, read_entry

if TYPE_CHECKING:
    from training.domain.order_checks import Order

FEWEST_PAIRS = 10  # as OpenAI has it


class TooFewPairsError(JobError):
    """A dataset has too few preference pairs to learn from."""

    code = "invalid_n_examples"


def count_pairs(dataset: DatasetVersion) -> int:
    """Return how many pairs the training split of a version holds."""
    if dataset.state == DatasetState.UPLOADED:
        return dataset.train_count
    return sum(1 for _ in approved_pairs(dataset, Split.TRAIN))


def start_entry(model: ModelVersion) -> ModelEntry:
    """Return where base and adapter of a model lie.

    Raises:
        JobError: its files are gone, or it is a whole model.
    """
    entry = read_entry(get_config().var_dir / "models", model.served_name)
    if entry is None or entry.adapter_dir is None or not entry.adapter_dir.is_dir():
        raise JobError(f"{model.name} has no adapter on this machine that could be gone on with.")
    return entry


def check_preferences(row: Capabilities, order: Order) -> None:
    """Refuse an order whose records, pairs and model to go on from do not fit together.

    Raises:
        JobError: with a sentence that says what to change.
        TooFewPairsError: there are fewer pairs than anything can be learnt from.
    """
    _check_uploads(order)
    if order.objective == Objective.SFT:
        if order.start_model:
            raise JobError("Only preference pairs go on from a model; records start at a base.")
        return
    if not row.learns_preferences:
        raise JobError(f"{row.label} does not learn from preference pairs.")
    if order.hyperparameters.get("method") == "full":
        raise JobError("Preference pairs are learnt by LoRA or QLoRA, not in full.")
    _check_start(order)
    pairs = count_pairs(order.dataset)
    if pairs < FEWEST_PAIRS:
        raise TooFewPairsError(
            f"Dataset {order.dataset.number} has {pairs} preference pairs to learn from; at least "
            f"{FEWEST_PAIRS} are needed. A pair is made where a reviewer fixes a reply and "
            "approves the dialogue."
        )


def _check_start(order: Order) -> None:
    model = order.start_model
    if model is None:
        return
    if order.provider != LOCAL or model.provider != LOCAL:
        raise JobError("Only a model of this machine can be gone on with here.")
    if model.dataset_id != order.dataset.pk:
        raise JobError(
            f"{model.name} was trained on another dataset version, so it may know what this one "
            "holds out. Train it on this version first."
        )
    if model.base_model != order.base_model:
        raise JobError(f"{model.name} was made of {model.base_model}; choose that base.")
    start_entry(model)


def _check_uploads(order: Order) -> None:
    if order.dataset.state != DatasetState.UPLOADED:
        return
    files = UploadedSplit.objects.filter(dataset=order.dataset)
    if files.exclude(file__objective=order.objective).exists():
        wanted = "preference pairs" if order.objective == Objective.DPO else "chat records"
        raise JobError(f"Each line of the files must hold {wanted} for this kind of training.")
