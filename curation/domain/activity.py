"""The record of every step."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Model

from curation.models import Activity, Project
from rickproject.lib.kept_writes import KeptInsert

CLEARED_AT_ONCE = 5000
_STEP = KeptInsert(Activity)


def record_activity(
    verb: str, *, project: Project | None, actor: User | None, target: Model, **detail: Any
) -> Activity:
    """Write one step of work; call it in the transaction that makes the change.

    Args:
        verb: noun and past tense, such as ``dialogue.approved``.
        project: None for what concerns an account or the whole site.
        detail: small JSON values that the feed shows or that undo needs.
    """
    return _STEP.create(
        project=project,
        actor=actor,
        verb=verb,
        target_type=target._meta.model_name or "",  # Django's public name for it
        target_id=target.pk if isinstance(target.pk, int) else 0,
        target_label=str(target)[:200],
        detail=detail,
    )


def clear_account_log(*, older_than: datetime) -> int:
    """Remove events of accounts that are older than the operator keeps; steps of work stay.

    Returns:
        How many were removed; at most some thousands at once, the next call goes on.
    """
    old = Activity.objects.filter(project=None, created_at__lt=older_than).order_by("pk")
    keys = list(old.values_list("pk", flat=True)[:CLEARED_AT_ONCE])
    Activity.objects.filter(pk__in=keys).delete()
    return len(keys)
