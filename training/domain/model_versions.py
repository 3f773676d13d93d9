"""The models that a finished job leaves behind, and the prompted base beside them."""

import hashlib
from pathlib import Path

from django.contrib.auth.models import User
from django.utils.text import slugify

from curation.domain.activity import record_activity
from curation.domain.notifications import notify
from curation.enums import NotificationKind, Role
from rickproject.config import get_config
from training.enums import ModelKind
from training.models import FineTuneJob, ModelVersion
from training.providers.capabilities import SCRIPT_BASE
from training.providers.registry import capabilities_here
from training.serving.registry import write_model_entry
from training.trainer import files

LONGEST_PART = 50
MARK_LENGTH = 8
# A base of a few thousand lines is unsure: without its unlikeliest guesses it stays in words, and
# the penalty keeps it from going round in circles. See docs/explanation/local-training.md.
SCRIPT_SAMPLING = {"temperature": 0.6, "top_p": 0.9, "min_p": 0.1, "repetition_penalty": 1.1}


def model_name(job: FineTuneJob) -> str:
    """Return the name of a job's model: the character and the job's number."""
    return f"{_short_slug(job.dataset.target_character.name) or 'character'}-{job.pk}"


def register_remote_models(job: FineTuneJob) -> ModelVersion:
    """Make a remote job's model and its prompted base model known."""
    base = capabilities_here(job.provider).base_model(job.base_model)
    context = base.context_tokens if base else None
    register_base(
        job,
        name=base_name(job, what=job.base_model),
        served_name=job.base_model,
        context_tokens=context,
    )
    return register_fine_tuned(job, served_name=job.fine_tuned_model, context_tokens=context)


def register_fine_tuned(
    job: FineTuneJob, *, served_name: str, context_tokens: int | None
) -> ModelVersion:
    """Make a job's model known, once, and tell the project's testers that it is ready."""
    version, made = ModelVersion.objects.get_or_create(
        name=model_name(job),
        defaults={
            "project": job.project,
            "kind": ModelKind.FINE_TUNED,
            "provider": job.provider,
            "served_name": served_name,
            "base_model": job.base_model,
            "job": job,
            "dataset": job.dataset,
            "character": job.dataset.target_character,
            "context_tokens": context_tokens,
            "created_by": job.created_by,
        },
    )
    if made:
        record_activity("model.made", project=job.project, actor=None, target=version)
        notify(
            User.objects.filter(memberships__project=job.project, memberships__role=Role.TESTER),
            kind=NotificationKind.MODEL_READY,
            project=job.project,
            actor=None,
            on=job.project,
            words=version.name,
        )
    return version


def register_base(
    job: FineTuneJob, *, name: str, served_name: str, context_tokens: int | None
) -> ModelVersion:
    """Make the base model known, to be prompted for comparison; once for each name."""
    version, _made = ModelVersion.objects.get_or_create(
        name=name,
        defaults={
            "project": job.project,
            "kind": ModelKind.BASE,
            "provider": job.provider,
            "served_name": served_name,
            "base_model": job.base_model,
            "dataset": job.dataset,
            "character": job.dataset.target_character,
            "context_tokens": context_tokens,
            "created_by": job.created_by,
        },
    )
    return version


def register_local_models(job: FineTuneJob, result: files.Result, folder: Path) -> ModelVersion:
    """Offer what a local job made and its prompted base on the model server; make both known.

    Args:
        result: with ``base_dir``, and ``adapter_dir`` or ``model_dir``.
        folder: the job's own.
    """
    models_dir, context = get_config().var_dir / "models", result.context_tokens or 256
    base_dir = base_folder(result)
    of_script = job.base_model == SCRIPT_BASE
    served_base = base_name(job, what=base_dir.name if of_script else str(base_dir))
    name = model_name(job)
    sampling = SCRIPT_SAMPLING if of_script else {}
    write_model_entry(
        models_dir,
        name=served_base,
        base_dir=base_dir,
        adapter_dir=None,
        context_tokens=context,
        sampling=sampling,
    )
    write_model_entry(
        models_dir,
        name=name,
        base_dir=(folder / result.model_dir).resolve() if result.model_dir else base_dir,
        adapter_dir=(folder / result.adapter_dir).resolve() if result.adapter_dir else None,
        context_tokens=context,
        sampling=sampling,
    )
    register_base(job, name=served_base, served_name=served_base, context_tokens=context)
    return register_fine_tuned(job, served_name=name, context_tokens=context)


def base_folder(result: files.Result) -> Path:
    """Return where the base of a job's result lies; ``result`` has a ``base_dir``."""
    recorded = Path(result.base_dir or "")
    return (
        recorded if result.base_key is None else get_config().var_dir.resolve() / "bases" / recorded
    )


def base_name(job: FineTuneJob, *, what: str) -> str:
    """Return the name of a job's prompted base model: readable, and of one base in one project.

    Args:
        what: tells bases apart that are called the same: a cache key, a folder, an id.
    """
    told = "base" if job.base_model == SCRIPT_BASE else _short_slug(_last_part(job.base_model))
    facts = f"{job.project_id}\n{job.provider}\n{what}"
    mark = hashlib.sha256(facts.encode()).hexdigest()[:MARK_LENGTH]
    return f"{job.project.slug[:LONGEST_PART]}-{told or 'base'}-{mark}"


def _last_part(base_model: str) -> str:
    return base_model.rstrip("/").rsplit("/", 1)[-1]


def _short_slug(text: str) -> str:
    """Return a text as part of a name that the table and the model server's folder can hold."""
    return slugify(text)[:LONGEST_PART].strip("-_")
