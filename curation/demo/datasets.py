"""The demo's dataset versions: one approved and exported, one waiting for an admin."""

from django.contrib.auth.models import User

from curation.domain.dataset_build import build_dataset
from curation.domain.datasets import approve_dataset, request_dataset
from curation.domain.exports import request_export, write_export
from curation.domain.training_records import Recipe
from curation.models import Character, DatasetVersion


def build_version(target: Character, *, manager: User, seed: int) -> DatasetVersion:
    """Build a version of everything that is approved now."""
    dataset = request_dataset(
        target.project,
        actor=manager,
        target=target,
        # The small base never saw a note; with one in every record it forgets how to talk.
        recipe=Recipe(includes_context_note=False),
        seed=seed,
        in_background=False,
    )
    build_dataset(dataset)
    dataset.refresh_from_db()
    return dataset


def approve_and_export(dataset: DatasetVersion, *, manager: User, admin: User) -> None:
    """Have a version approved by the admin, and its files written."""
    reason = "Read thirty of them aloud; every one of them is her."
    approve_dataset(dataset, approver=admin, reason=reason)
    write_export(request_export(dataset, actor=manager, in_background=False))
