import json
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from curation.domain.dataset_build import build_dataset
from curation.domain.datasets import request_dataset
from curation.domain.record_checks import CheckedRecord
from curation.domain.record_statistics import MOST_SPEAKERS, summarise_records
from curation.domain.training_records import ChatMessage, Recipe
from curation.enums import Role, Split
from curation.models import Character, DatasetVersion, Finding, Project
from curation.queries.dataset_findings import find_findings
from curation.queries.dataset_statistics import (
    DatasetStatistics,
    Spread,
    dataset_statistics,
    sample_records,
)
from tests.factories import MembershipFactory, UserFactory, make_approved_dialogues

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset() -> DatasetVersion:
    return build(make_approved_dialogues(12))


def build(project: Project) -> DatasetVersion:
    target = Character.objects.get(project=project, is_target=True)
    dataset = request_dataset(project, actor=project.created_by, target=target, recipe=Recipe())
    build_dataset(dataset)
    return dataset


def test_dataset_statistics_counts_every_record_once(dataset: DatasetVersion) -> None:
    statistics = dataset_statistics(dataset)
    assert [sum(b.count for b in d.bins) for d in statistics.distributions] == [12, 12, 12]
    for each in statistics.distributions:
        assert sum(bar.held_out for bar in each.bins) == dataset.validation_count
        assert {split: spread.count for split, spread in each.splits.items()} == {
            "train": dataset.train_count,
            "validation": dataset.validation_count,
        }
    messages = statistics.distributions[1]
    assert (messages.minimum, messages.median, messages.maximum) == (3, 3, 3)
    assert statistics.replies == dataset.train_count


def test_summarise_records_counts_tokens_replies_and_speakers_of_each_split() -> None:
    records = [
        record(Split.TRAIN, 10, "Yes.", speakers={"PIP", "VEX"}),
        record(Split.TRAIN, 30, "Never again.", speakers={"VEX", "WREN"}),
        record(Split.VALIDATION, 20, "No.", speakers={"PIP", "VEX"}),
    ]
    statistics = summarise_records(records)
    tokens, messages, characters = statistics.distributions
    assert (
        tokens.caption
        == "Tokens per record: train 10 to 30, median 20; validation 20 to 20, median 20."
    )
    assert messages.pairs == [("3", 2, 1)]
    assert characters.splits == {
        "train": Spread(2, 4, 8.0, 12),
        "validation": Spread(1, 3, 3, 3),
    }
    assert statistics.speaker_pairs == [("VEX", 2, 1), ("PIP", 1, 1), ("WREN", 1, 0)]
    assert DatasetStatistics.from_json(json.loads(json.dumps(statistics.as_json()))) == statistics


def test_summarise_records_adds_up_the_speakers_of_few_records() -> None:
    names = [f"GUEST {n:02}" for n in range(MOST_SPEAKERS + 3)]
    records = [record(Split.TRAIN, 10, "Yes.", speakers={name}) for name in names]
    last = summarise_records(records).speaker_pairs[-1]
    assert last == ("3 others, added up", 3, 0)


def record(split: Split, tokens: int, reply: str, *, speakers: set[str]) -> CheckedRecord:
    messages: list[ChatMessage] = [
        {"role": "system", "content": "You are VEX."},
        {"role": "user", "content": "PIP: Again?"},
        {"role": "assistant", "content": reply},
    ]
    return CheckedRecord(
        1, "S01E01 1–2", split, messages, tokens, "scene", False, frozenset(speakers)
    )


def test_sample_records_draws_the_same_for_the_same_seed(dataset: DatasetVersion) -> None:
    assert sample_records(dataset, seed=5) == sample_records(dataset, seed=5)
    assert len(sample_records(dataset, seed=5)) == 3
    assert len(sample_records(dataset, seed=5, size=99)) == 12


def test_sample_records_draws_from_both_splits(dataset: DatasetVersion) -> None:
    drawn = {(record.split, record.position) for record in sample_records(dataset, seed=1, size=99)}
    assert drawn == set(dataset.records.values_list("split", "position"))


@pytest.mark.parametrize("dialogues", [12, 36])
def test_dataset_page_reads_no_more_for_more_records(
    dialogues: int, client: Client, django_assert_max_num_queries: Any
) -> None:
    project = make_approved_dialogues(dialogues)
    version = build(project)
    MembershipFactory(project=project, user=project.created_by, role=Role.MANAGER)
    client.force_login(project.created_by)
    with django_assert_max_num_queries(16):
        answer = client.get(reverse("dataset", args=[project.slug, version.number]))
    assert answer.status_code == HTTPStatus.OK


def test_find_findings_counts_kinds_and_lists_one_page(dataset: DatasetVersion) -> None:
    dataset.findings.all().delete()
    Finding.objects.bulk_create(
        Finding(dataset=dataset, code=code, severity=severity, message=f"{code} {n}")
        for code, severity, count in (("duplicate", "warning", 3), ("too_long", "error", 30))
        for n in range(count)
    )
    found = find_findings(dataset, page="1")
    assert [(kind.words, kind.count) for kind in found.kinds] == [
        ("too long", 30),
        ("duplicate", 3),
    ]
    assert (found.count, found.error_count, len(found.page)) == (33, 30, 25)
    assert len(find_findings(dataset, page="2").page) == 8
    assert len(find_findings(dataset, code="duplicate", page=None).page) == 3
    assert find_findings(dataset, code="nonsense", page="x").chosen == ""


def test_both_pages_of_a_version_show_findings_page_by_page(
    dataset: DatasetVersion, client: Client
) -> None:
    Finding.objects.bulk_create(
        Finding(dataset=dataset, code=code, severity="warning", message=f"{code} {n}")
        for code in ("duplicate", "too_long")
        for n in range(20)
    )
    admin = UserFactory(is_staff=True, is_superuser=True)
    client.force_login(admin)
    page = reverse("dataset", args=[dataset.project.slug, dataset.number])
    decision = reverse("admin:curation_datasetversion_change", args=[dataset.pk])
    for address in (page, decision):
        first = client.get(address).content.decode()
        assert "?page=2#checks" in first
        assert "?check=too_long#checks" in first
        one_kind = client.get(address, {"check": "too_long"}).content.decode()
        assert "too_long 19" in one_kind
        assert "duplicate 1" not in one_kind
