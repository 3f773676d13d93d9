"""Leases: who works on a row in the background, and until when."""

import os
import socket
import uuid
from datetime import timedelta
from typing import Any

from django.db.models import F, Model, Q
from django.utils import timezone

MAXIMUM_ATTEMPTS = 3


class LeaseLostError(Exception):
    """Another worker took the row over, or it is gone: stop without a word."""


def new_owner() -> str:
    """Return a name for one piece of work: host, process and a random part."""
    return f"{socket.gethostname()[:20]}:{os.getpid()}:{uuid.uuid4().hex[:12]}"


def claim(row: Model, owner: str, *, states: list[str], working_state: str, seconds: int) -> bool:
    """Take a row for ``seconds`` by one conditional update.

    The row's table has ``state``, ``attempts``, ``lease_owner`` and ``lease_until``. It is taken
    when its state is one of ``states``, or when it is in ``working_state`` and the lease is past.

    Returns:
        False when somebody else holds it or there is nothing to do: leave quietly.
    """
    now = timezone.now()
    free = Q(state__in=states) | Q(state=working_state, lease_until__lt=now)
    changed: int = (
        type(row)
        ._default_manager.filter(free, pk=row.pk)
        .update(
            state=working_state,
            lease_owner=owner,
            lease_until=now + timedelta(seconds=seconds),
            attempts=F("attempts") + 1,
            updated_at=now,
        )
    )
    if changed:
        row.refresh_from_db()
    return bool(changed)


def renew(row: Model, owner: str, *, seconds: int, **values: Any) -> bool:
    """Keep a claimed row for ``seconds`` more and write progress with the same update.

    Returns:
        False when the lease was lost: stop without a further effect.
    """
    now = timezone.now()
    return bool(
        type(row)
        ._default_manager.filter(pk=row.pk, lease_owner=owner)
        .update(lease_until=now + timedelta(seconds=seconds), updated_at=now, **values)
    )
