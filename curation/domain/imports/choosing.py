"""What a person chooses about a file before it is written: its columns, the repair of its text."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from curation.domain.activity import record_activity
from curation.domain.script_files import validate_mapping
from curation.enums import ScriptState
from curation.models import Script
from rickproject.lib.queue import enqueue_on_commit

from .errors import ImportStateError


@transaction.atomic
def set_column_mapping(script: Script, *, user: User, mapping: Mapping[str, str]) -> Script:
    """Choose by hand which column holds what, and have the file checked again.

    Raises:
        ColumnMappingError: the choice does not make a script.
        ImportStateError: the file does not wait for its columns.
    """
    chosen = validate_mapping(script.preview.get("columns", []), mapping)
    _check_again(
        script,
        [ScriptState.NEEDS_MAPPING, ScriptState.CHECKED],
        what="The columns",
        column_mapping=chosen,
    )
    record_activity(
        "script.columns_chosen", project=script.project, actor=user, target=script, mapping=chosen
    )
    enqueue_on_commit("curation.check_script", script_id=script.pk)
    return script


@transaction.atomic
def set_text_repair(
    script: Script, *, user: User, repairs: bool, in_background: bool = True
) -> Script:
    """Choose whether mojibake is repaired on the way in, and have the file checked again.

    Args:
        in_background: False where the caller runs ``check_script`` itself.

    Raises:
        ImportStateError: the file is not waiting for a word.
    """
    _check_again(script, [ScriptState.CHECKED], what="The repair", repairs_text=repairs)
    verb = "script.repair_chosen" if repairs else "script.repair_taken_back"
    record_activity(verb, project=script.project, actor=user, target=script)
    if in_background:
        enqueue_on_commit("curation.check_script", script_id=script.pk)
    return script


def _check_again(
    script: Script, states: Sequence[ScriptState], *, what: str, **values: Any
) -> None:
    waiting = Script.objects.filter(pk=script.pk, state__in=states)
    if not waiting.update(
        state=ScriptState.UPLOADED,
        error_code="",
        error_detail="",
        attempts=0,
        updated_at=timezone.now(),
        **values,
    ):
        script.refresh_from_db()
        msg = f"{what} cannot be chosen now: the script is {script.get_state_display()}."
        raise ImportStateError(msg)
    script.refresh_from_db()
