"""What a dialogue was before, and the return to any revision; undo is in ``dialogue_undo``.

History only grows: going back writes a new revision with the old content.
"""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction

from curation.domain.dialogue_edits import rewrite_dialogue, rows_between
from curation.domain.dialogue_shape import Member, shaped
from curation.errors import CurationError
from curation.models import Activity, Dialogue, DialogueRevision, Utterance

UNDONE, REDONE = "dialogue.undone", "dialogue.redone"
DECISION_UNDONE = "dialogue.decision_undone"


class NothingToUndoError(CurationError):
    """There is no step back, or none forward."""

    code = "nothing_to_undo"


@transaction.atomic
def revert_dialogue(
    dialogue: Dialogue,
    *,
    actor: User,
    revision: int,
    to_revision: int,
    verb: str = "dialogue.reverted",
) -> Dialogue:
    """Give a dialogue the content it had at an earlier revision, as a new revision.

    Raises:
        NothingToUndoError: it never had that revision.
        StaleRevisionError, DialogueStateError, DialogueShapeError, DialogueClashError: as for
            any other edit.
    """
    kept = DialogueRevision.objects.filter(dialogue=dialogue, revision=to_revision).first()
    if kept is None:
        msg = f"Dialogue {dialogue.pk} has no revision {to_revision}."
        raise NothingToUndoError(msg)
    members = members_at(kept)
    scene, _ = rows_between(members[0].utterance, members[-1].utterance)
    return rewrite_dialogue(
        dialogue,
        members=shaped(members, dialogue.target_character),
        actor=actor,
        revision=revision,
        verb=verb,
        scene=scene,
        content_of=to_revision,
    )


@dataclass(frozen=True)
class Edits:
    """The edits of a dialogue as undo and redo see them.

    Attributes:
        parents: edit -> the edit whose content it started from, 0 for the first.
        current: the edit whose content the dialogue has now.
    """

    parents: dict[int, int]
    current: int

    @property
    def next(self) -> int:
        """The newest edit made from the current content, 0 if there is none."""
        return max((edit for edit, base in self.parents.items() if base == self.current), default=0)


def edits_of(dialogue: Dialogue) -> Edits:
    """Return the edits of a dialogue, seen through all steps back and forth."""
    details = Activity.objects.filter(
        target_type="dialogue",
        target_id=dialogue.pk,
        verb__in=(UNDONE, REDONE, DECISION_UNDONE),
        detail__has_key="content_of",  # a decision that was no fix left the text alone
    ).values_list("detail", flat=True)
    jumps = {int(detail["revision"]): int(detail["content_of"]) for detail in details}
    parents: dict[int, int] = {}
    current = 0
    for revision in range(1, dialogue.revision + 1):
        if revision in jumps:
            current = jumps[revision]
        else:
            parents[revision] = current
            current = revision
    return Edits(parents, current)


def members_at(kept: DialogueRevision) -> list[Member]:
    """Return what a dialogue held at one revision, in the order of the script."""
    rows = {row["utterance"]: row for row in kept.members}
    utterances = Utterance.objects.filter(pk__in=rows).select_related(
        "character__alias_of", "episode"
    )
    return [
        Member(u, is_dropped=rows[u.pk]["dropped"], text=rows[u.pk]["text"])
        for u in utterances.order_by("position")
    ]
