"""What was begun and is not wanted leaves nothing behind."""

from collections.abc import Callable

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from curation.domain.activity import record_activity
from curation.domain.leases import LeaseLostError
from curation.enums import ScriptState
from curation.models import Character, Episode, Script, Utterance
from rickproject.lib.queue import enqueue_on_commit

from .errors import ImportStateError
from .stored_files import remove_upload

CHUNK_ROWS = 2_000
DISCARDABLE = [
    ScriptState.UPLOADED,
    ScriptState.CHECKING,
    ScriptState.NEEDS_MAPPING,
    ScriptState.CHECKED,
    ScriptState.IMPORTING,
    ScriptState.FAILED,
]


@transaction.atomic
def discard_script(script: Script, *, user: User, in_background: bool = True) -> None:
    """Stop a script's way in, at any step before it is imported, and have all of it removed.

    A running check or import loses its lease by this and stops at its next chunk.

    Raises:
        ImportStateError: it is imported; other work may rest on it.
    """
    changed = Script.objects.filter(pk=script.pk, state__in=DISCARDABLE).update(
        state=ScriptState.DISCARDING,
        lease_owner="",
        lease_until=None,
        updated_at=timezone.now(),
    )
    if not changed:
        msg = f"“{script.title}” cannot be discarded: it is imported, or being removed already."
        raise ImportStateError(msg)
    record_activity(
        "script.discarded",
        project=script.project,
        actor=user,
        target=script,
        file_name=script.file_name,
    )
    if in_background:
        enqueue_on_commit("curation.clear_script", script_id=script.pk)


def clear_script(script_id: int) -> None:
    """Remove a discarded script: its rows, its file, then itself. Twice does no harm."""
    discarding = Script.objects.filter(pk=script_id, state=ScriptState.DISCARDING)
    script = discarding.first()
    if script is None:
        return
    try:
        clear_rows(script, still_ours=discarding.exists)
    except LeaseLostError:
        return  # somebody else was faster
    remove_upload(script)
    with transaction.atomic():
        remove_unused_characters(script)
        discarding.delete()


def clear_rows(script: Script, *, still_ours: Callable[[], bool]) -> None:
    """Delete a script's utterances and episodes, chunk by chunk.

    Args:
        still_ours: asked first in each transaction.

    Raises:
        LeaseLostError: ``still_ours`` said no.
    """
    rows = Utterance.objects.filter(episode__script=script).order_by()
    while ids := list(rows.values_list("pk", flat=True)[:CHUNK_ROWS]):
        with transaction.atomic():
            if not still_ours():
                raise LeaseLostError
            Utterance.objects.filter(pk__in=ids).delete()
    with transaction.atomic():
        if not still_ours():
            raise LeaseLostError
        Episode.objects.filter(script=script).delete()


def remove_unused_characters(script: Script) -> None:
    """Delete the project's characters without a line, unless another import is making its own."""
    others = Script.objects.filter(project=script.project, state=ScriptState.IMPORTING)
    if not others.exclude(pk=script.pk).exists():
        Character.objects.filter(
            project=script.project, utterance_count=0, utterances=None, aliases=None
        ).delete()
