"""Telling those who made a dialogue what was decided on it."""

from django.contrib.auth.models import User

from curation.enums import Decision, NotificationKind
from curation.models import Dialogue

from .notifications import notify

KINDS = {
    Decision.APPROVED: NotificationKind.APPROVED,
    Decision.RETURNED: NotificationKind.RETURNED,
}


def tell_of_decision(
    dialogue: Dialogue, decision: Decision, *, reviewer: User | None, reason: str
) -> None:
    """Tell who made a dialogue and who submitted it that it is approved or returned."""
    if kind := KINDS.get(decision):
        people = User.objects.filter(pk__in={dialogue.created_by_id, dialogue.submitted_by_id})
        notify(
            people, kind=kind, project=dialogue.project, actor=reviewer, on=dialogue, words=reason
        )
