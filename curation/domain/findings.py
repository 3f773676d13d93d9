"""Findings of the checks: kept when they are made later, accepted by a person for a reason."""

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from curation.domain.activity import record_activity
from curation.domain.datasets import DatasetError
from curation.domain.record_checks import Problem
from curation.enums import DatasetState, Severity
from curation.models import DatasetVersion, Finding
from rickproject.lib.text import text_problem

LONGEST_REASON = 1000


@transaction.atomic
def accept_finding(
    dataset: DatasetVersion, finding_id: int, *, actor: User, reason: str
) -> Finding:
    """Say why a warning of a version that waits may stand; whoever approves it reads that.

    Raises:
        DatasetError: there is no reason, it is an error, the version is decided on, or somebody
            accepted it before.
    """
    reason = reason.strip()[:LONGEST_REASON]
    if not reason:
        raise DatasetError("Say why it may stand; whoever approves the version reads it.")
    if problem := text_problem(reason):
        raise DatasetError(problem)
    finding = Finding.objects.filter(dataset=dataset, pk=finding_id).first()
    if finding is None:
        raise DatasetError("There is no such finding in this version.")
    if finding.severity == Severity.ERROR:
        raise DatasetError("An error can’t be accepted: mend its dialogue and build a new version.")
    changed = Finding.objects.filter(
        pk=finding.pk, accepted_by=None, dataset__state=DatasetState.WAITING
    ).update(accepted_by=actor, accepted_at=timezone.now(), accepted_reason=reason)
    finding.refresh_from_db()
    if not changed:
        raise DatasetError("It was accepted or the version decided on meanwhile; nothing changed.")
    record_activity(
        "dataset.finding_accepted",
        project=dataset.project,
        actor=actor,
        target=dataset,
        reason=reason,
        finding=finding.message,
    )
    return finding


@transaction.atomic
def keep_findings(dataset: DatasetVersion, problems: Iterable[Problem]) -> int:
    """Add what a check found after the version was built; what is there already stays as it is.

    Returns:
        How many are new.
    """
    known = set(dataset.findings.values_list("dialogue_id", "code", "message"))
    new = [
        Finding(
            dataset=dataset,
            dialogue_id=one.dialogue_id,
            code=one.code,
            severity=one.severity,
            message=one.message,
        )
        for one in problems
        if (one.dialogue_id, one.code, one.message) not in known
    ]
    return len(Finding.objects.bulk_create(new))
