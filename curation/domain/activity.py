"""The record of every step."""

from typing import Any

from django.contrib.auth.models import User
from django.db.models import Model

from curation.models import Activity, Project


def record_activity(
    verb: str, *, project: Project, actor: User | None, target: Model, **detail: Any
) -> Activity:
    """Write one step of work; call it in the transaction that makes the change.

    Args:
        verb: noun and past tense, such as ``dialogue.approved``.
        detail: small JSON values that the feed shows or that undo needs.
    """
    return Activity.objects.create(
        project=project,
        actor=actor,
        verb=verb,
        target_type=target._meta.model_name or "",  # Django's public name for it
        target_id=target.pk,
        target_label=str(target)[:200],
        detail=detail,
    )
