"""Warnings that may stand: for a reason, once, before the version is decided on."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from curation.domain.datasets import DatasetError
from curation.domain.findings import accept_finding
from curation.domain.record_checks import CheckedRecord, check_record
from curation.enums import DatasetState, Role, Severity, Split
from curation.models import Activity, DatasetVersion, Finding
from tests.factories import DatasetVersionFactory, make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset() -> DatasetVersion:
    made: DatasetVersion = DatasetVersionFactory(state=DatasetState.WAITING)
    return made


@pytest.fixture
def reviewer(dataset: DatasetVersion) -> User:
    return make_member(dataset.project, Role.REVIEWER)


def found(dataset: DatasetVersion, severity: Severity = Severity.WARNING) -> Finding:
    return dataset.findings.create(code="duplicate", severity=severity, message="Twice the same.")


def test_accept_finding_keeps_who_and_why(dataset: DatasetVersion, reviewer: User) -> None:
    finding = accept_finding(dataset, found(dataset).pk, actor=reviewer, reason=" A refrain. ")
    assert (finding.accepted_by, finding.accepted_reason) == (reviewer, "A refrain.")
    step = Activity.objects.get(verb="dataset.finding_accepted")
    assert (step.detail["finding"], step.detail["reason"]) == ("Twice the same.", "A refrain.")
    with pytest.raises(DatasetError, match="nothing changed"):
        accept_finding(dataset, finding.pk, actor=reviewer, reason="Again.")


def test_accept_finding_refuses_errors_and_silence(dataset: DatasetVersion, reviewer: User) -> None:
    with pytest.raises(DatasetError, match="mend its dialogue"):
        accept_finding(dataset, found(dataset, Severity.ERROR).pk, actor=reviewer, reason="Why not")
    with pytest.raises(DatasetError, match="Say why"):
        accept_finding(dataset, found(dataset).pk, actor=reviewer, reason="  ")
    other = found(DatasetVersionFactory(state=DatasetState.WAITING))
    with pytest.raises(DatasetError, match="no such finding"):
        accept_finding(dataset, other.pk, actor=reviewer, reason="Not ours.")


def test_accept_finding_comes_too_late_once_the_version_is_decided_on(
    dataset: DatasetVersion, reviewer: User
) -> None:
    finding = found(dataset)
    DatasetVersion.objects.update(state=DatasetState.APPROVED)
    with pytest.raises(DatasetError, match="nothing changed"):
        accept_finding(dataset, finding.pk, actor=reviewer, reason="Too late.")


def test_page_accepts_a_finding_and_shows_why(
    client: Client, dataset: DatasetVersion, reviewer: User
) -> None:
    finding = found(dataset)
    client.force_login(reviewer)
    address = reverse("finding_accept", args=[dataset.project.slug, dataset.number, finding.pk])
    text = client.post(address, {"reason": "A refrain."}, follow=True).content.decode()
    assert "“A refrain.”" in text
    assert "Let it stand" not in text


@pytest.mark.parametrize(("text", "code"), [("Stop\u202emoon", "202E"), ("Fri\u200bdge", "200B")])
def test_check_record_finds_characters_that_nobody_sees(text: str, code: str) -> None:
    messages = [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": text}]
    record = CheckedRecord(1, "S1E1 1–2", Split.TRAIN, messages, 9, "scene")  # type: ignore[arg-type]
    (problem,) = check_record(record, 100)
    assert (problem.code, problem.severity) == ("hidden_character", Severity.WARNING)
    assert f"U+{code}" in problem.message


def test_check_record_leaves_joined_emoji_alone() -> None:
    text = "\U0001f469\u200d\U0001f680"
    messages = [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": text}]
    record = CheckedRecord(1, "S1E1 1–2", Split.TRAIN, messages, 9, "scene")  # type: ignore[arg-type]
    assert list(check_record(record, 100)) == []
