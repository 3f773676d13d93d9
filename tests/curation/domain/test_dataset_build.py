import hashlib
import json
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from curation.domain import dataset_build, leased_work
from curation.domain.dataset_build import build_dataset
from curation.domain.datasets import request_dataset
from curation.domain.leased_work import LEASE_SECONDS
from curation.domain.training_records import Recipe
from curation.enums import DatasetState, Severity, Split, SplitBy
from curation.models import (
    Boundary,
    Character,
    DatasetVersion,
    DialogueRevision,
    Episode,
    Project,
)
from curation.queries.dataset_facts import file_facts
from rickproject.lib.tokens import TokenCount
from tests.factories import (
    CharacterFactory,
    ProjectFactory,
    ScriptFactory,
    make_approved_dialogues,
    make_dialogue,
    make_scene,
    write_script_tokenizer,
)

pytestmark = pytest.mark.django_db

PINNED = {
    "train": "501179e3c9fc7ba6c3c27744dd578af9e9de960a70b5a0f2846346361c1d6356",
    "validation": "b48160317b6426c8445473f6b1579fa36470b156b1c4d8d6dbc6bc9264abf5e4",
    "manifest": "7629a87e39356056d41eb8f1acb09105b97a381a210240d324efc101ec9fd5bc",
}


def requested(project: Project, **options: object) -> DatasetVersion:
    return request_dataset(
        project,
        actor=project.created_by,
        target=Character.objects.get(project=project, is_target=True),
        **{"recipe": Recipe()} | options,  # type: ignore[arg-type]
    )


def rebuilt(project: Project, **options: object) -> DatasetVersion:
    dataset = requested(project, **options)
    assert build_dataset(dataset)
    dataset.refresh_from_db()
    return dataset


def test_build_dataset_freezes_records_and_a_manifest_that_fits_them() -> None:
    dataset = rebuilt(make_approved_dialogues(20))
    assert dataset.state == DatasetState.WAITING
    assert (dataset.train_count, dataset.validation_count) == (18, 2)
    manifest = json.loads(dataset.manifest)
    train = b"".join(
        bytes(line)
        for line in dataset.records.filter(split=Split.TRAIN).values_list("line", flat=True)
    )
    assert manifest["files"]["train"]["sha256"] == hashlib.sha256(train).hexdigest()
    assert dataset.sha256 == hashlib.sha256(dataset.manifest.encode()).hexdigest()
    assert not dataset.findings.filter(severity=Severity.ERROR).exists()


def test_build_dataset_splits_evenly_over_seasons_and_keeps_scenes_whole() -> None:
    project = ProjectFactory()
    for number in range(1, 41):
        word = hashlib.sha256(str(number).encode()).hexdigest()
        lines = f"PIP: Why {word[:20]}?\nVEX: So.\nPIP: And {word[20:]}?\nVEX: No."
        scene = make_scene(lines, project=project, episode_number=number)
        make_dialogue(scene, first=0, last=1)
        make_dialogue(scene, first=2, last=3)
    Episode.objects.filter(episode_number__gt=20).update(season_number=2)
    dataset = rebuilt(project, split_by=SplitBy.STRATIFIED, validation_share=0.2)
    held_out = dataset.records.filter(split=Split.VALIDATION)
    seasons = Counter(held_out.values_list("dialogue__scene__utterance__episode__season_number"))
    assert seasons == {(1,): 8, (2,): 8}
    assert not dataset.findings.filter(code="neighbours_leak").exists()


def test_build_dataset_gives_the_same_bytes_for_the_same_inputs() -> None:
    project = make_approved_dialogues(12)
    assert rebuilt(project, seed=3).sha256 == rebuilt(project, seed=3).sha256
    assert rebuilt(project, seed=3).sha256 != rebuilt(project, seed=4).sha256


def test_build_dataset_gives_these_bytes_on_every_python_and_database() -> None:
    """Pinned: CI builds it on SQLite and PostgreSQL; 3.11 and 3.13 give the same."""
    project = ProjectFactory(slug="pinned", name="Pinned")
    ScriptFactory(project=project, title="The Fridge", sha256="7" * 64)
    for number, place in enumerate(("kitchen", "cellar", "roof", "attic"), start=1):
        scene = make_scene(
            f"PIP: “Who is in the {place}?”\nVEX: Nobody\u00a0yet… \U0001f319\n"
            f"PIP: Schläft er?\nVEX: {'ja, ' * number}ja.",
            project=project,
            episode_number=number,
        )
        scene.note = f"They look into the {place}."
        scene.save()
        make_dialogue(scene)
    dataset = rebuilt(project, seed=7, validation_share=0.25)
    facts = file_facts(dataset)
    assert {split.value: facts[split]["sha256"] for split in Split} | {
        "manifest": dataset.sha256
    } == PINNED


def test_build_dataset_gives_the_same_bytes_after_a_training_made_another_tokenizer(
    var_dir: Path,
) -> None:
    pytest.importorskip("tokenizers")
    project = make_approved_dialogues(4)
    tokenizer = f"script:{project.slug}"
    write_script_tokenizer(project.slug, ["Question", "Answer"])
    before = rebuilt(project, recipe=Recipe(tokenizer=tokenizer))
    write_script_tokenizer(project.slug, ["Q", "A", "u", "n"])
    again = rebuilt(project, recipe=Recipe.from_json(before.recipe))
    assert (again.sha256, again.tokenizer) == (before.sha256, before.tokenizer)
    now = rebuilt(project, recipe=Recipe(tokenizer=tokenizer))
    assert now.tokenizer != before.tokenizer


def test_build_dataset_writes_the_exact_line() -> None:
    project = make_approved_dialogues(1)
    record = rebuilt(project).records.get()
    assert bytes(record.line) == (
        b'{"messages":[{"role":"system","content":"You are VEX."},'
        b'{"role":"user","content":"PIP: Question 1?"},'
        b'{"role":"assistant","content":"Answer 1."}]}\n'
    )


def test_build_dataset_teaches_the_revision_that_was_approved() -> None:
    project = make_approved_dialogues(1)
    revision = DialogueRevision.objects.get()
    revision.members[1]["text"] = "Cleaned."
    revision.save()
    assert b'"content":"Cleaned."' in bytes(rebuilt(project).records.get().line)


def test_build_dataset_keeps_scenes_on_one_side_when_split_by_scene() -> None:
    project = make_approved_dialogues(11)
    scene = make_scene("PIP: a\nVEX: b\nPIP: c\nVEX: d", project=project, episode_number=99)
    make_dialogue(scene, first=0, last=1)
    make_dialogue(scene, first=2, last=3)
    for seed in range(5):
        dataset = rebuilt(project, seed=seed, split_by=SplitBy.SCENE, validation_share=0.3)
        splits = dataset.records.filter(dialogue__scene=scene).values_list("split", flat=True)
        assert len(set(splits)) == 1


def test_build_dataset_leaves_a_version_alone_that_another_worker_builds() -> None:
    dataset = requested(make_approved_dialogues(1))
    DatasetVersion.objects.update(
        state=DatasetState.BUILDING,
        lease_owner="other",
        lease_until=timezone.now() + timedelta(minutes=1),
    )
    assert not build_dataset(dataset)


def test_build_dataset_takes_over_a_version_whose_worker_was_killed() -> None:
    project = make_approved_dialogues(12)
    undisturbed = rebuilt(project)
    dataset = requested(project)
    DatasetVersion.objects.filter(pk=dataset.pk).update(
        state=DatasetState.BUILDING,
        lease_owner="killed",
        lease_until=timezone.now() - timedelta(seconds=1),
    )
    assert build_dataset(dataset)
    dataset.refresh_from_db()
    assert dataset.sha256 == undisturbed.sha256
    assert dataset.records.count() == 12


def test_build_dataset_gives_up_after_three_attempts_and_says_so() -> None:
    dataset = requested(make_approved_dialogues(1))
    DatasetVersion.objects.update(attempts=3)
    build_dataset(dataset)
    dataset.refresh_from_db()
    assert (dataset.state, dataset.error_code) == (DatasetState.FAILED, "attempts")


def test_build_dataset_leaves_the_records_of_a_faster_builder_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dataset = requested(make_approved_dialogues(2))
    read = dataset_build.build_records

    def read_slowly(row: DatasetVersion, *others: Any) -> list[dataset_build.BuiltRecord]:
        records = read(row, *others)
        monkeypatch.setattr(dataset_build, "build_records", read)
        DatasetVersion.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert build_dataset(DatasetVersion.objects.get(pk=dataset.pk))
        return records

    monkeypatch.setattr(dataset_build, "build_records", read_slowly)
    assert not build_dataset(dataset)
    dataset.refresh_from_db()
    assert (dataset.state, dataset.records.count()) == (DatasetState.WAITING, 2)


def test_build_dataset_keeps_its_lease_however_long_it_reads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dataset = requested(make_approved_dialogues(3))
    left = []
    count = dataset_build.count_tokens

    def count_slowly(*args: object) -> TokenCount:
        now = DatasetVersion.objects.get(pk=dataset.pk)
        left.append((now.lease_until - timezone.now()).total_seconds())  # type: ignore[operator]
        nearly_over = timezone.now() + timedelta(seconds=1)
        DatasetVersion.objects.filter(pk=dataset.pk).update(lease_until=nearly_over)
        later = time.monotonic() + LEASE_SECONDS * len(left)
        monkeypatch.setattr(leased_work.time, "monotonic", lambda: later)
        return count(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(dataset_build, "count_tokens", count_slowly)
    assert build_dataset(dataset)
    assert len(left) == 3
    assert min(left) > LEASE_SECONDS - 10


def codes_of(dataset: DatasetVersion) -> set[str]:
    return set(dataset.findings.values_list("code", flat=True))


def test_build_dataset_finds_a_note_that_changed_since_the_approval() -> None:
    project = make_approved_dialogues(12)
    Boundary.objects.filter(pk=project.dialogues.first().scene_id).update(note="Nobody read this.")
    assert "changed_since_approval" in codes_of(rebuilt(project))


def test_build_dataset_finds_an_alias_that_changed_since_the_approval() -> None:
    project = make_approved_dialogues(12)
    other = CharacterFactory(project=project, name="MARLOW")
    Character.objects.filter(project=project, name="PIP").update(alias_of=other)
    assert rebuilt(project).findings.filter(code="changed_since_approval").count() == 12


def test_build_dataset_leaves_a_changed_note_alone_that_is_not_taught() -> None:
    project = make_approved_dialogues(12)
    Boundary.objects.update(note="Nobody read this.")
    dataset = requested(project, recipe=Recipe(includes_context_note=False))
    build_dataset(dataset)
    assert "changed_since_approval" not in codes_of(dataset)


LONG = "You cannot put a whole moon into a fridge, because the light would never go out again"


def make_similar_dialogues(count: int) -> Project:
    """Make approved dialogues in episodes of their own; every other one is nearly the first."""
    project = ProjectFactory()
    for number in range(1, count + 1):
        text = f"{LONG}{'!' * number}" if number % 2 else " ".join([f"word{number * 7}"] * 12)
        text += f" {chr(96 + number)}"
        scene = make_scene(
            f"PIP: Question {number}?\nVEX: {text}", project=project, episode_number=number
        )
        make_dialogue(scene)
    return project


@pytest.mark.parametrize("split_by", SplitBy)
def test_nearly_equal_dialogues_stay_on_one_side_and_are_told(split_by: SplitBy) -> None:
    project = make_similar_dialogues(12)
    for seed in range(6):
        dataset = rebuilt(project, split_by=split_by, validation_share=0.4, seed=seed)
        sides = {
            record.split for record in dataset.records.all() if LONG in bytes(record.line).decode()
        }
        assert len(sides) == 1
        assert dataset.validation_count
    found = dataset.findings.filter(code="near_duplicate")
    assert found.count() == 5
    assert "S1E3 1–2 says nearly the same as S1E1 1–2 (similarity 0.88)" in found[0].message
    assert dataset.statistics["leakage"]["similar_pairs"] == 15


def test_a_record_per_reply_is_counted_and_listed_with_its_dialogue() -> None:
    project = ProjectFactory()
    script = "PIP: One?\nVEX: Two.\nPIP: Three?\nVEX: Four."
    make_dialogue(make_scene(script, project=project))
    dataset = rebuilt(project, recipe=Recipe(record_per="reply"), validation_share=0)
    assert dataset.train_count == 2
    (entry,) = json.loads(dataset.manifest)["dialogues"]
    assert entry["records"] == [record.sha256 for record in dataset.records.order_by("position")]
    replies = [
        json.loads(bytes(record.line))["messages"][-1]["content"]
        for record in dataset.records.order_by("position")
    ]
    assert replies == ["Two.", "Four."]
    assert dataset.statistics["replies"] == 2
    assert not dataset.findings.filter(severity=Severity.ERROR).exclude(code="too_few_records")
