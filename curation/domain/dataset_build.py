"""Building a dataset version: the same inputs give the same bytes on every machine."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import mean

from django.db import transaction

from curation.domain.activity import record_activity
from curation.domain.leased_work import Hold, Stages, work_on
from curation.domain.near_duplicates import (
    join_similar,
    similar_dialogues,
    similarity_problems,
)
from curation.domain.record_checks import CheckedRecord, Problem, check_records
from curation.domain.record_statistics import summarise_records
from curation.domain.source_records import source_records
from curation.domain.splits import choose_stratified, choose_validation
from curation.domain.training_records import ChatMessage, Recipe
from curation.enums import DatasetState, Split, SplitBy
from curation.models import DatasetRecord, DatasetVersion, Finding
from curation.queries.dataset_sources import SourceDialogue, approved_content, approved_dialogues
from curation.queries.dataset_statistics import DatasetStatistics
from rickproject.lib.jsonl import encode_line
from rickproject.lib.near_duplicates import SIMILAR, SimilarPair
from rickproject.lib.tokens import count_tokens

RECORDS_A_CHUNK = 500
MANIFEST_FORMAT = 2
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


def build_dataset(dataset: DatasetVersion) -> bool:
    """Build a version that waits for it; safe to call twice or at once.

    Returns:
        False when it is being built elsewhere or is built already.
    """
    return work_on(dataset, STAGES, lambda hold: _build(dataset, hold))


def _build(dataset: DatasetVersion, hold: Hold) -> None:
    sources = approved_dialogues(dataset.target_character, on_chunk=hold.step)
    similar = similar_dialogues(sources)
    hold.keep()
    records = build_records(dataset, hold, sources, similar)
    checked = [_as_checked(record) for record in records]
    hold.keep()
    problems = check_records(checked, max_tokens=_recipe(dataset).max_tokens)
    problems += similarity_problems(sources, similar)
    _store_records(dataset, hold, records)
    statistics = summarise_records(checked, similar_pairs=len(similar))
    _finish(dataset, hold, records, problems, statistics)


def build_records(
    dataset: DatasetVersion,
    hold: Hold,
    sources: Sequence[SourceDialogue],
    similar: Sequence[SimilarPair],
) -> list[BuiltRecord]:
    """Make the records of a version, in the order of the script."""
    groups = [_group(source, SplitBy(dataset.split_by)) for source in sources]
    together = join_similar(groups, similar)
    validation = _choose(dataset, sources, together)
    read = approved_content([source.pk for source in sources])
    records: list[BuiltRecord] = []
    for source, group in zip(sources, together, strict=True):
        hold.step()
        split = Split.VALIDATION if group in validation else Split.TRAIN
        records += _records_of(source, dataset, split=split, read=read.get(source.pk, ("", "")))
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
    """Return season and length of each dialogue's group: 0 for the shortest third of dialogues.

    A group that spans seasons, through similar dialogues, counts for its first one.
    """
    lengths = sorted(len(source.lines) for source in sources)
    bounds = [lengths[len(lengths) * part // 3] for part in (1, 2)] if lengths else []
    inside: dict[str, list[SourceDialogue]] = {}
    for source, group in zip(sources, groups, strict=True):
        inside.setdefault(group, []).append(source)
    strata = {
        group: (
            found[0].episode_order[0],
            sum(mean(len(one.lines) for one in found) >= bound for bound in bounds),
        )
        for group, found in inside.items()
    }
    return [strata[group] for group in groups]


def _recipe(dataset: DatasetVersion) -> Recipe:
    return Recipe.from_json(dataset.recipe)


def _group(source: SourceDialogue, split_by: SplitBy) -> str:
    episode = f"{source.script_sha256} {source.episode_code}"
    if split_by == SplitBy.EPISODE:
        return episode
    if split_by in {SplitBy.SCENE, SplitBy.STRATIFIED}:
        return f"{episode} scene {source.scene_position}"
    return f"{episode} dialogue {source.first_position}"


def _records_of(
    source: SourceDialogue, dataset: DatasetVersion, *, split: Split, read: tuple[str, str]
) -> list[BuiltRecord]:
    recipe, character = _recipe(dataset), dataset.target_character.name
    has_changed = _has_changed(source, recipe, read)
    return [
        BuiltRecord(
            source,
            split,
            record,
            encode_line({"messages": record}),
            count_tokens(record, recipe.tokenizer).total,
            has_changed,
        )
        for record in source_records(source, recipe, character=character)
    ]


def _has_changed(source: SourceDialogue, recipe: Recipe, read: tuple[str, str]) -> bool:
    """Tell whether what is taught now is not what the newest approval had read."""
    lines, note = read
    note_changed = recipe.includes_context_note and note != source.note_sha256
    return lines != source.lines_sha256 or note_changed


def _as_checked(record: BuiltRecord) -> CheckedRecord:
    return CheckedRecord(
        dialogue_id=record.source.pk,
        label=record.source.label,
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
        "similar": SIMILAR,
        "split_by": dataset.split_by,
        "validation_share": dataset.validation_share,
        "files": {
            split.value: _file_facts([record for record in records if record.split == split])
            for split in Split
        },
        "dialogues": [
            _dialogue_facts(list(of_one))
            for _, of_one in groupby(records, key=lambda record: record.source.pk)
        ],
    }


def _dialogue_facts(records: Sequence[BuiltRecord]) -> dict[str, object]:
    source = records[0].source
    return {
        "script_sha256": source.script_sha256,
        "episode": source.episode_code,
        "positions": [line.position for line in source.lines],
        "revision": source.revision,
        "split": records[0].split.value,
        "records": [hashlib.sha256(record.line).hexdigest() for record in records],
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
