"""What differs between two revisions of a dialogue, line by line and word by word."""

from collections.abc import Sequence
from dataclasses import dataclass

from curation.domain.dialogue_history import NothingToUndoError, members_at
from curation.domain.dialogue_shape import Member
from curation.models import Character, Dialogue, DialogueRevision
from rickproject.lib.word_diff import SAME, compare_words


@dataclass(frozen=True, slots=True)
class LineChange:
    """One row of the script in two revisions.

    Attributes:
        kind: ``same``, ``new`` and ``gone`` (the range), ``left_out``, ``taken_back`` or ``text``.
        words: the taught text, word by word, as :func:`compare_words` says it.
        is_dropped: it is left out in the newer revision, or the older where it is gone.
    """

    kind: str
    row: int
    speaker: Character | None
    words: tuple[tuple[str, str], ...]
    is_dropped: bool
    taught: str

    @property
    def in_words(self) -> str:
        """The change as a sentence of few words, for lists."""
        said = f"Row {self.row}"
        return {
            "new": f"{said} is in it now",
            "gone": f"{said} is no longer in it",
            "left_out": f"{said} is left out",
            "taken_back": f"{said} is taken back",
            "text": f"{said}: “{self.taught}”",
        }.get(self.kind, f"{said} stays")


def compare_revisions(dialogue: Dialogue, *, old: int, new: int) -> list[LineChange]:
    """Return every row of either revision, in the order of the script, and what became of it.

    Raises:
        NothingToUndoError: the dialogue never had one of them.
    """
    kept = {
        one.revision: one
        for one in DialogueRevision.objects.filter(dialogue=dialogue, revision__in={old, new})
    }
    for number in (old, new):
        if number not in kept:
            msg = f"Dialogue {dialogue.pk} has no revision {number}."
            raise NothingToUndoError(msg)
    return compare_members(members_at(kept[old]), members_at(kept[new]))


def compare_members(old: Sequence[Member], new: Sequence[Member]) -> list[LineChange]:
    """Return what became of each row; see :class:`LineChange`."""
    before = {member.utterance.pk: member for member in old}
    after = {member.utterance.pk: member for member in new}
    rows = sorted((before | after).values(), key=lambda member: member.utterance.position)
    return [_line(before.get(row.utterance.pk), after.get(row.utterance.pk), row) for row in rows]


def _line(before: Member | None, after: Member | None, row: Member) -> LineChange:
    now = after or row
    words = compare_words((before or now).taught, now.taught)
    if before is None or after is None:
        kind = "new" if before is None else "gone"
        words = [(kind, now.taught)]
    elif before.is_dropped != after.is_dropped:
        kind = "left_out" if after.is_dropped else "taken_back"
    else:
        kind = "same" if all(part == SAME for part, _ in words) else "text"
    return LineChange(
        kind=kind,
        row=row.utterance.position + 1,
        speaker=row.utterance.character,
        words=tuple(words),
        is_dropped=now.is_dropped,
        taught=now.taught,
    )
