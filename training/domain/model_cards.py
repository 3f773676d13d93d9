"""The card that goes with a model: where it came from, how good it is, who owns what."""

from training.models import FineTuneJob, MetricPoint, ModelVersion
from training.queries.jobs import job_settings

SCORES = (
    ("full_valid_loss", "loss, nats per token"),
    ("full_valid_mean_token_accuracy", "tokens guessed right"),
    ("full_valid_bits_per_character", "bits per character"),
)
LICENCE = (
    "The licence of the base model holds for this model, too. What it says was learnt from a "
    "script: the rights in that script and in its characters stay with their owners, and neither "
    "this file nor the program that made it gives anybody leave to publish or to sell what the "
    "model writes."
)


def model_card(version: ModelVersion, *, is_whole: bool) -> str:
    """Return a Hugging Face model card, in Markdown with its facts in front.

    Args:
        version: with its job.
        is_whole: a whole model, not an adapter that needs its base.
    """
    job = version.job
    assert job is not None  # noqa: S101  # the caller has made sure
    base = _public_name(version.base_model)
    lines = [
        "---",
        f"base_model: {base}",
        f"library_name: {'transformers' if is_whole else 'peft'}",
    ]
    lines += [
        "pipeline_tag: text-generation",
        "license: other",
        "tags:",
        "- rickproject",
        "---",
        "",
    ]
    lines += [f"# {version.name}", "", _what(version, base=base, is_whole=is_whole), ""]
    lines += ["## Where it came from", "", *_lineage(job, version)]
    lines += ["", "## How it was trained", "", "| setting | value |", "| --- | --- |"]
    lines += [f"| {label} | {value} |" for label, value in job_settings(job)]
    lines += [f"| Seed | {job.seed} |", ""]
    lines += ["## Held-out dialogues", "", *_scores(job), "", "## Licence", "", LICENCE, ""]
    return "\n".join(lines)


def _public_name(base_model: str) -> str:
    """Return a base without the folders of this computer."""
    return base_model.rstrip("/").rsplit("/", 1)[-1] if base_model.startswith("/") else base_model


def _what(version: ModelVersion, *, base: str, is_whole: bool) -> str:
    who = version.character.name if version.character else "a character"
    kind = "A whole model" if is_whole else "A LoRA adapter, of no use without its base,"
    return f"{kind} that answers as {who}, made from **{base}** by rickproject."


def _lineage(job: FineTuneJob, version: ModelVersion) -> list[str]:
    dataset = job.dataset
    made = (job.finished_at or version.created_at).date().isoformat()
    records = f"{dataset.train_count} records to learn, {dataset.validation_count} held out"
    return [
        f"- Project: {job.project.name}",
        f"- Dataset: version {dataset.number}, {records}",
        f"- SHA-256 of the dataset: `{dataset.sha256}`",
        f"- Job: {job.uuid}, finished {made}",
        f"- Kept: step {job.best_step} of {job.step}"
        if job.best_step is not None
        else "- Kept: the last step",
    ]


def _scores(job: FineTuneJob) -> list[str]:
    points = MetricPoint.objects.filter(job=job, name__in=[name for name, _ in SCORES])
    found = {(point.name, point.step): point.value for point in points}
    rows = []
    for name, label in SCORES:
        steps = [step for known, step in found if known == name]
        if not steps:
            continue
        kept = job.best_step if job.best_step in steps else max(steps)
        before = found.get((name, 0))
        rows.append(
            f"| {label} | {'–' if before is None else f'{before:.3f}'} | {found[name, kept]:.3f} |"
        )
    if not rows:
        return ["None were judged."]
    return ["| measure | the base alone | this model |", "| --- | --- | --- |", *rows]
