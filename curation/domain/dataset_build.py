"""Building a dataset version: the same inputs give the same bytes on every machine."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

from django.db import transaction

from curation.domain.activity import record_activity
from curation.domain.leased_work import Hold, Stages, work_on
from curation.domain.record_checks import CheckedRecord, Problem, check_records
from curation.domain.record_statistics import summarise_records
from curation.domain.splits import choose_stratified, choose_validation
from curation.domain.training_records import ChatMessage, Line, Recipe, record_messages
from curation.enums import DatasetState, Split, SplitBy
from curation.models import DatasetRecord, DatasetVersion, Finding
from curation.queries.dataset_sources import SourceDialogue, approved_content, approved_dialogues
from curation.queries.dataset_statistics import DatasetStatistics
from rickproject.lib.jsonl import encode_line
from rickproject.lib.tokens import count_tokens

RECORDS_A_CHUNK = 500
MANIFEST_FORMAT = 1
STAGES = Stages(
    waiting=DatasetState.QUEUED,
    working=DatasetState.BUILDING,
    failed=DatasetState.FAILED,
    gave_up="The worker stopped three times while building this.",
)


@dataclass(frozen=True)
class BuiltRecord:
    """A record with its bytes."""

    source: SourceDialogue
    split: Split
    messages: list[ChatMessage]
    line: bytes
    token_count: int
    changed_since_approval: bool

    @property
    def label(self) -> str:
        """How findings and pages name the dialogue: episode and rows."""
        return dialogue_label(self.source)


def dialogue_label(source: SourceDialogue) -> str:
    """Name a dialogue by its episode and the rows it spans, counted from 1."""
    return f"{source.episode_code} {source.first_position + 1}–{source.last_position + 1}"


def build_dataset(dataset: DatasetVersion) -> bool:
    """Build a version that waits for it; safe to call twice or at once.

    Returns:
        False when it is being built elsewhere or is built already.
    """
    return work_on(dataset, STAGES, lambda hold: _build(dataset, hold))


def _build(dataset: DatasetVersion, hold: Hold) -> None:
    records = build_records(dataset, hold)
    checked = [_as_checked(record) for record in records]
    hold.keep()
    problems = check_records(checked, max_tokens=_recipe(dataset).max_tokens)
    _store_records(dataset, hold, records)
    _finish(dataset, hold, records, problems, summarise_records(checked))


def build_records(dataset: DatasetVersion, hold: Hold) -> list[BuiltRecord]:
    """Make the records of a version from the approved dialogues, in the order of the script.

    Raises:
        LeaseLostError: another worker builds it by now.
    """
    recipe = _recipe(dataset)
    sources = approved_dialogues(dataset.target_character, on_chunk=hold.step)
    groups = [_group(source, SplitBy(dataset.split_by)) for source in sources]
    validation = _choose(dataset, sources, groups)
    read = approved_content([source.pk for source in sources])
    records = []
    for source, group in zip(sources, groups, strict=True):
        hold.step()
        split = Split.VALIDATION if group in validation else Split.TRAIN
        was_read = read.get(source.pk, ("", ""))
        records.append(_build_record(source, recipe, dataset, split=split, read=was_read))
    return records


def _choose(
    dataset: DatasetVersion, sources: Sequence[SourceDialogue], groups: Sequence[str]
) -> set[str]:
    """Return the groups of the validation split."""
    share, seed = dataset.validation_share, dataset.seed
    if dataset.split_by != SplitBy.STRATIFIED:
        return choose_validation(groups, share=share, seed=seed)
    return choose_stratified(groups, _strata(sources, groups), share=share, seed=seed)


def _strata(sources: Sequence[SourceDialogue], groups: Sequence[str]) -> list[tuple[int, int]]:
    """Return season and length of each dialogue's scene: 0 for the shortest third of dialogues."""
    lengths = sorted(len(source.lines) for source in sources)
    bounds = [lengths[len(lengths) * part // 3] for part in (1, 2)] if lengths else []
    inside: dict[str, list[int]] = {}
    for source, group in zip(sources, groups, strict=True):
        inside.setdefault(group, []).append(len(source.lines))
    return [
        (source.episode_order[0], sum(mean(inside[group]) >= bound for bound in bounds))
        for source, group in zip(sources, groups, strict=True)
    ]


def _recipe(dataset: DatasetVersion) -> Recipe:
    return Recipe.from_json(dataset.recipe)


def _group(source: SourceDialogue, split_by: SplitBy) -> str:
    episode = f"{source.script_sha256} {source.episode_code}"
    if split_by == SplitBy.EPISODE:
        return episode
    if split_by in {SplitBy.SCENE, SplitBy.STRATIFIED}:
        return f"{episode} scene {source.scene_position}"
    return f"{episode} dialogue {source.first_position}"


def _build_record(
    source: SourceDialogue,
    recipe: Recipe,
    dataset: DatasetVersion,
    *,
    split: Split,
    read: tuple[str, str],
) -> BuiltRecord:
    messages = record_messages(
        [Line(line.speaker, line.text, line.is_target) for line in source.lines],
        recipe,
        character=dataset.target_character.name,
        script=source.script_title,
        context_note=source.context_note,
    )
    total = count_tokens(messages, recipe.tokenizer).total
    line = encode_line({"messages": messages})
    return BuiltRecord(source, split, messages, line, total, _has_changed(source, recipe, read))


def _has_changed(source: SourceDialogue, recipe: Recipe, read: tuple[str, str]) -> bool:
    """Tell whether what is taught now is not what the newest approval had read."""
    lines, note = read
    note_changed = recipe.includes_context_note and note != source.note_sha256
    return lines != source.lines_sha256 or note_changed


def _as_checked(record: BuiltRecord) -> CheckedRecord:
    return CheckedRecord(
        dialogue_id=record.source.pk,
        label=record.label,
        split=record.split,
        messages=record.messages,
        token_count=record.token_count,
        scene=_group(record.source, SplitBy.SCENE),
        changed_since_approval=record.changed_since_approval,
        speakers=frozenset(line.speaker for line in record.source.lines),
    )


def make_manifest(dataset: DatasetVersion, records: Sequence[BuiltRecord]) -> dict[str, object]:
    """Describe a version in values that mean the same in every database."""
    return {
        "format": MANIFEST_FORMAT,
        "character": dataset.target_character.name,
        "recipe": _recipe(dataset).as_json(),  # a database may keep its values in another order
        "seed": dataset.seed,
        "split_by": dataset.split_by,
        "validation_share": dataset.validation_share,
        "files": {
            split.value: _file_facts([record for record in records if record.split == split])
            for split in Split
        },
        "dialogues": [
            {
                "script_sha256": record.source.script_sha256,
                "episode": record.source.episode_code,
                "positions": [line.position for line in record.source.lines],
                "revision": record.source.revision,
                "split": record.split.value,
                "sha256": hashlib.sha256(record.line).hexdigest(),
            }
            for record in records
        ],
    }


def _file_facts(records: Sequence[BuiltRecord]) -> dict[str, object]:
    digest = hashlib.sha256()
    for record in records:
        digest.update(record.line)
    return {
        "records": len(records),
        "tokens": sum(record.token_count for record in records),
        "bytes": sum(len(record.line) for record in records),
        "sha256": digest.hexdigest(),
    }


def _store_records(dataset: DatasetVersion, hold: Hold, records: Sequence[BuiltRecord]) -> None:
    """Write the records, each chunk in the transaction that says the row is still ours.

    A builder that was overtaken (its lease ran out while it read) must not touch the records of
    the version that another one has built meanwhile.
    """
    rows = _record_rows(dataset, records)
    for start in range(0, max(len(rows), 1), RECORDS_A_CHUNK):
        with transaction.atomic():
            hold.keep()
            if start == 0:  # left by a worker that was stopped
                DatasetRecord.objects.filter(dataset=dataset).delete()
            DatasetRecord.objects.bulk_create(rows[start : start + RECORDS_A_CHUNK])


def _record_rows(dataset: DatasetVersion, records: Sequence[BuiltRecord]) -> list[DatasetRecord]:
    counters = dict.fromkeys(Split, 0)
    rows = []
    for record in records:
        rows.append(
            DatasetRecord(
                dataset=dataset,
                position=counters[record.split],
                split=record.split,
                dialogue_id=record.source.pk,
                dialogue_revision=record.source.revision,
                line=record.line,
                sha256=hashlib.sha256(record.line).hexdigest(),
                token_count=record.token_count,
                message_count=len(record.messages),
            )
        )
        counters[record.split] += 1
    return rows


@transaction.atomic
def _finish(
    dataset: DatasetVersion,
    hold: Hold,
    records: Sequence[BuiltRecord],
    problems: Sequence[Problem],
    statistics: DatasetStatistics,
) -> None:
    manifest = encode_line(make_manifest(dataset, records))
    train = [record for record in records if record.split == Split.TRAIN]
    validation = [record for record in records if record.split == Split.VALIDATION]
    hold.end(
        DatasetState.WAITING,
        train_count=len(train),
        validation_count=len(validation),
        train_token_count=sum(record.token_count for record in train),
        validation_token_count=sum(record.token_count for record in validation),
        manifest=manifest.decode(),
        sha256=hashlib.sha256(manifest).hexdigest(),
        statistics=statistics.as_json(),
    )
    Finding.objects.filter(dataset=dataset).delete()
    Finding.objects.bulk_create(
        Finding(
            dataset=dataset,
            dialogue_id=problem.dialogue_id,
            code=problem.code,
            severity=problem.severity,
            message=problem.message,
        )
        for problem in problems
    )
    record_activity(
        "dataset.built", project=dataset.project, actor=dataset.created_by, target=dataset
    )
