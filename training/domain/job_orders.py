"""Jobs ordered over the OpenAI protocol: the files of an order, and what to call its models."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from django.contrib.auth.models import User
from django.db import transaction

from curation.enums import Split
from curation.models import DatasetVersion, Project
from rickproject.config import get_config
from training.domain.estimates import usual_learning_rate
from training.domain.job_limits import JobError
from training.domain.jobs import start_job
from training.domain.uploaded_datasets import dataset_of_uploads
from training.enums import Objective
from training.models import (
    ApiKey,
    FineTuneJob,
    JobOrder,
    JobTag,
    ModelVersion,
    UploadedSplit,
)
from training.providers.capabilities import LOCAL, OPENAI_ROW
from training.providers.registry import capabilities_here, missing_for, provider_keys
from training.queries.protocol_files import ProtocolFile, split_id, upload_id

MULTIPLIER = "learning_rate_multiplier"
HOSTED = ("gpt-", "ft:", "babbage-", "davinci-")


class FileChoiceError(JobError):
    """The files of an order do not go together; ``param`` is the one to change."""

    code = "invalid_file"

    def __init__(self, sentence: str, *, param: str = "training_file") -> None:
        """Keep the sentence and the parameter."""
        super().__init__(sentence)
        self.param = param


class BaseModelError(JobError):
    """Nothing here trains the model that was asked for."""

    code = "model_not_found"


class UploadsClosedError(JobError):
    """The key may train on approved datasets only."""

    code = "insufficient_permissions"


def may_train_uploads(key: ApiKey) -> bool:
    """Whether a key may train on files that nobody approved."""
    return key.may_train_uploads or get_config().api_trains_on_uploads


@transaction.atomic
def order_job(
    project: Project,
    *,
    actor: User,
    key: ApiKey,
    model: str,
    train: ProtocolFile,
    validation: ProtocolFile | None = None,
    hyperparameters: Mapping[str, Any] | None = None,
    seed: int = 1,
    suffix: str = "",
    metadata: Mapping[str, str] | None = None,
    provider: str | None = None,
    objective: Objective = Objective.SFT,
    client_key: str | None = None,
) -> FineTuneJob:
    """Start a job from files, under every rule that a job from the page is under.

    Args:
        model: a base model, or a name that the operator made stand for one; for preferences
            also a model of the project, to go on from.
        hyperparameters: under the protocol's names; ``learning_rate_multiplier`` scales the
            usual learning rate of a local base.
        provider: ``local`` or a connection's key; None for whoever knows the model.

    Raises:
        FileChoiceError: the files are of different versions or kinds.
        UploadsClosedError: the key may not train on uploads.
        BaseModelError: nothing here trains this model.
        JobError: the order breaks a rule of jobs.
    """
    dataset = _dataset(project, actor, key, train, validation)
    start = _start_model(project, model) if objective == Objective.DPO else None
    base = start.base_model if start else get_config().api_base_model_names.get(model, model)
    where = provider or (start.provider if start else _provider_of(base))
    settings = dict(hyperparameters or {})
    multiplier = settings.get(MULTIPLIER)
    if where == LOCAL:
        settings = _local_settings(base, settings, objective)
    if missing := missing_for(where):
        raise BaseModelError(missing)
    takes_suffix = capabilities_here(where).takes_suffix
    job = start_job(
        project,
        actor=actor,
        dataset=dataset,
        provider=where,
        base_model=base,
        hyperparameters=settings,
        seed=seed,
        suffix=suffix if takes_suffix else "",
        objective=objective,
        start_model=start,
        client_key=client_key,
        takes_uploads=True,
    )
    _, is_new = JobOrder.objects.get_or_create(
        job=job,
        defaults={
            "key": key,
            "model": model,
            "training_file": train.id,
            "validation_file": validation.id if validation else "",
            "suffix": suffix,
            MULTIPLIER: multiplier,
        },
    )
    if is_new:
        pairs = (metadata or {}).items()
        JobTag.objects.bulk_create(JobTag(job=job, name=name, value=text) for name, text in pairs)
    return job


def _dataset(
    project: Project,
    actor: User,
    key: ApiKey,
    train: ProtocolFile,
    validation: ProtocolFile | None,
) -> DatasetVersion:
    if train.dataset is not None:
        _check_splits(train, validation)
        return train.dataset
    if train.upload is None:
        raise FileChoiceError("This file holds the figures of a job, not training records.")
    held = validation.upload if validation else None
    if validation is not None and held is None:
        words = "Train and validate on uploaded files, or on the splits of one approved dataset."
        raise FileChoiceError(words, param="validation_file")
    if not may_train_uploads(key):
        raise UploadsClosedError(
            "This key trains on datasets that an admin approved, not on uploaded files. Make a "
            "key that may, or have the dialogues approved."
        )
    if held == train.upload:
        words = "The validation file must be another one than the training file."
        raise FileChoiceError(words, param="validation_file")
    return dataset_of_uploads(project, actor=actor, train=train.upload, validation=held)


def _check_splits(train: ProtocolFile, validation: ProtocolFile | None) -> None:
    if train.split != Split.TRAIN:
        raise FileChoiceError("This is the validation split; name the training split.")
    if validation is None:
        return
    if validation.dataset != train.dataset or validation.split != Split.VALIDATION:
        words = "Name the validation split of the same dataset version, or none: it is used anyway."
        raise FileChoiceError(words, param="validation_file")


def _start_model(project: Project, name: str) -> ModelVersion | None:
    return ModelVersion.objects.filter(project=project, name=name, provider=LOCAL).first()


def _provider_of(base: str) -> str:
    """Return who trains a base model: the provider that lists it, else this machine."""
    for key in provider_keys():
        if key != LOCAL and capabilities_here(key).base_model(base) and not missing_for(key):
            return key
    if OPENAI_ROW.base_model(base) or base.startswith(HOSTED):
        raise BaseModelError(
            f"Nothing here trains {base!r}. Name a local base such as script-base or a Hugging "
            "Face id; an operator can let this name stand for one with RICK_API_BASE_MODELS."
        )
    return LOCAL


def _local_settings(base: str, settings: dict[str, Any], objective: Objective) -> dict[str, Any]:
    multiplier = settings.pop(MULTIPLIER, None)
    if multiplier is not None and settings.get("learning_rate") is None:
        usual = usual_learning_rate(base, objective)
        settings["learning_rate"] = min(1.0, max(1e-7, usual * multiplier))
    return settings


def training_files(job: FineTuneJob) -> tuple[str, str | None]:
    """Return the ids of a job's two files; reads ``order`` and ``dataset.uploads``.

    Returns:
        (training file, validation file or None).
    """
    version = job.dataset
    rows: Iterable[UploadedSplit] = cast("Any", version).uploads.all()  # our own
    uploads = {row.split: upload_id(row.file) for row in rows}
    if uploads:
        return uploads[Split.TRAIN], uploads.get(Split.VALIDATION)
    held = split_id(version.pk, Split.VALIDATION) if version.validation_count else None
    return split_id(version.pk, Split.TRAIN), held
