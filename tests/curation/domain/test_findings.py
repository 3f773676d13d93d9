"""Warnings that may stand: for a reason, once, before the version is decided on."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from curation.domain.datasets import DatasetError
from curation.domain.findings import accept_finding
from curation.enums import DatasetState, Role, Severity
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
