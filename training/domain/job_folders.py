"""The folder of a local job: what the training process is given.

Records come from the dataset's frozen bytes. The script that a small base model is made from goes
along without a line that the validation split holds, and a scene that loses lines is cut there, so
that no window reaches across the gap.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from curation.domain.exports import write_files
from curation.domain.preference_pairs import approved_pairs
from curation.domain.training_records import Recipe
from curation.enums import DatasetState, ScriptState, Split, UtteranceKind
from curation.models import Boundary, DatasetVersion, DialogueRevision, Script, Utterance
from rickproject.config import get_config
from rickproject.lib.files import write_whole
from rickproject.lib.jsonl import encode_line
from training.domain.estimates import base_kind
from training.domain.preferences import start_entry
from training.domain.uploaded_datasets import utterances_like_uploads, write_uploaded_files
from training.enums import Objective
from training.models import FineTuneJob
from training.trainer import files
from training.trainer.spec import DPO_BETA, BaseSpec, Hyperparameters, JobSpec


def job_folder(job: FineTuneJob) -> Path:
    """Return the folder of a local job."""
    return get_config().var_dir / "jobs" / str(job.uuid)


def prepare_folder(job: FineTuneJob) -> Path:
    """Write what the training process needs; files that are there are left as they are.

    Raises:
        DatasetError: the records differ from the dataset's manifest.
        TrainerError: a hyperparameter is one that the trainer does not take.
    """
    folder = job_folder(job)
    folder.mkdir(parents=True, exist_ok=True)
    spec = job_spec(job)
    if not (folder / files.TRAIN).exists() or not (folder / "manifest.json").exists():
        _write_lines(job, folder)
    if spec.base.kind == "script" and not (folder / files.SCRIPT).exists():
        lines = (encode_line(line) for line in script_lines(job.dataset))
        write_whole(folder / files.SCRIPT, lines)
    files.write_spec(folder, spec)
    return folder


def _write_lines(job: FineTuneJob, folder: Path) -> None:
    if job.dataset.state == DatasetState.UPLOADED:
        write_uploaded_files(job.dataset, folder)
    elif job.objective == Objective.SFT:
        write_files(job.dataset, folder)
    else:
        for split in Split:
            write_whole(folder / f"{split.value}.jsonl", approved_pairs(job.dataset, split))
        write_whole(folder / "manifest.json", [job.dataset.manifest.encode()])


def job_spec(job: FineTuneJob) -> JobSpec:
    """Return the order form of a job."""
    config = get_config()
    chosen = dict(job.hyperparameters)
    beta = chosen.pop("beta", DPO_BETA)
    base = _base(job)
    is_script = base.kind == "script"
    entry = start_entry(job.start_model) if job.start_model else None
    tokenizer = (config.var_dir / "tokenizers" / job.project.slug).resolve()
    return JobSpec(
        job=str(job.uuid),
        base=base,
        hyperparameters=Hyperparameters.parse(chosen, kind=base.kind),
        objective="dpo" if job.objective == Objective.DPO else "sft",
        beta=beta,
        start_adapter=str(entry.adapter_dir) if entry else None,
        seed=job.seed,
        threads=config.trainer_threads,
        processes=config.trainer_processes,
        tokenizer_copy_to=str(tokenizer) if is_script else None,
    )


def _base(job: FineTuneJob) -> BaseSpec:
    if job.start_model:  # its base as it is: built again, it could be another one
        base_dir = str(start_entry(job.start_model).base_dir)
        return BaseSpec(kind="pretrained", name_or_path=base_dir)
    config = get_config()
    recipe = Recipe.from_json(job.dataset.recipe)
    return BaseSpec(
        kind=base_kind(job.base_model),
        name_or_path=job.base_model,
        cache_dir=str((config.var_dir / "bases").resolve()),
        system_template=_system_template(recipe, job),
        speaker_template="{speaker}: {text}" if recipe.names_speakers else "{text}",
        joins_with=recipe.joins_with,
        played_by_adapter=job.dataset.target_character.name,
        base_epochs=config.script_base_epochs,
    )


def _system_template(recipe: Recipe, job: FineTuneJob) -> str:
    """Return the recipe's template in the trainer's form: one placeholder, other braces doubled."""
    script = Script.objects.filter(project_id=job.project_id, state=ScriptState.IMPORTED).last()
    text = recipe.system_template.replace("{script}", script.title if script else job.project.name)
    text = text.replace("{scene}", "").strip()  # the base learns lines without their notes
    parts = [part.replace("{", "{{").replace("}", "}}") for part in text.split("{character}")]
    return "{character}".join(parts)


def script_lines(dataset: DatasetVersion) -> Iterator[dict[str, Any]]:
    """Yield the project's spoken lines without the held-out ones, in the order of the script.

    Yields:
        ``{"segment", "speaker", "text"}``; equal segments are consecutive lines of one scene.
    """
    held_out = held_out_utterances(dataset)
    starts = _scene_starts(dataset)
    rows = (
        Utterance.objects.filter(
            episode__script__project_id=dataset.project_id,
            episode__script__state=ScriptState.IMPORTED,
            kind=UtteranceKind.SPEECH,
        )
        .select_related("character__alias_of")
        .order_by(
            "episode__script_id",
            "episode__season_number",
            "episode__episode_number",
            "position",
        )
    )
    yield from _segments(rows.iterator(2000), held_out, starts)


def _segments(
    rows: Iterable[Utterance], held_out: set[int], starts: set[int]
) -> Iterator[dict[str, Any]]:
    segment, episode, is_cut = 0, None, True
    for row in rows:
        if row.episode_id != episode or row.pk in starts:
            is_cut = True
        episode = row.episode_id
        character = row.character
        if row.pk in held_out or character is None:
            is_cut = True
            continue
        if is_cut:
            segment, is_cut = segment + 1, False
        speaker = (character.alias_of or character).name
        yield {"segment": segment, "speaker": speaker, "text": row.text}


def held_out_utterances(dataset: DatasetVersion) -> set[int]:
    """Return the keys of every utterance in a validation dialogue, left-out ones included."""
    if dataset.state == DatasetState.UPLOADED:
        return utterances_like_uploads(dataset)
    wanted = dict(
        dataset.records.filter(split=Split.VALIDATION).values_list(
            "dialogue_id", "dialogue_revision"
        )
    )
    revisions = DialogueRevision.objects.filter(dialogue_id__in=wanted)
    return {
        int(member["utterance"])
        for revision in revisions
        if revision.revision == wanted[revision.dialogue_id]
        for member in revision.members
    }


def _scene_starts(dataset: DatasetVersion) -> set[int]:
    rows = Boundary.objects.filter(
        segmentation__annotator=None,
        is_active=True,
        utterance__episode__script__project_id=dataset.project_id,
    )
    return set(rows.values_list("utterance_id", flat=True))
