"""Scripts whose task was lost: with the broker, or with the worker that had them."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from curation.enums import ScriptState
from curation.models import Script
from rickproject.lib.queue import enqueue_on_commit

GRACE_SECONDS = 30
TASKS = {
    ScriptState.UPLOADED: "curation.check_script",
    ScriptState.CHECKING: "curation.check_script",
    ScriptState.IMPORTING: "curation.import_script",
    ScriptState.DISCARDING: "curation.clear_script",
}


@transaction.atomic
def resume_waiting_scripts() -> int:
    """Send again what waits for a worker though nobody holds it; return how many.

    A task sent twice does no harm: the lease lets one of them in.
    """
    now = timezone.now()
    waited = Q(
        state__in=[ScriptState.UPLOADED, ScriptState.DISCARDING],
        updated_at__lt=now - timedelta(seconds=GRACE_SECONDS),
    )
    left = Q(state__in=[ScriptState.CHECKING, ScriptState.IMPORTING], lease_until__lt=now)
    rows = Script.objects.filter(waited | left).order_by("pk").values_list("pk", "state")
    for pk, state in rows:
        enqueue_on_commit(TASKS[ScriptState(state)], script_id=pk)
    return len(rows)
