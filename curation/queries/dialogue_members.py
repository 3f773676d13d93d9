"""The utterances of dialogues as they are now, and who has a hand in them."""

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet

from curation.models import (
    Activity,
    Character,
    Dialogue,
    DialogueRevision,
    DialogueUtterance,
    Utterance,
)

HANDED_IN = "dialogue.submitted"  # the row forgets who did when it is withdrawn or edited


def members_of(dialogue: Dialogue) -> QuerySet[DialogueUtterance]:
    """Return the rows of a dialogue in the order of the script."""
    return dialogue.members.select_related(
        "utterance__character__alias_of", "utterance__episode"
    ).order_by("utterance__position")


def live_claims(
    utterances: Iterable[Utterance], target: Character, *, besides: Dialogue | None = None
) -> QuerySet[DialogueUtterance]:
    """Return which of these utterances a live dialogue of the target character already holds."""
    rows = DialogueUtterance.objects.filter(
        utterance__in=[utterance.pk for utterance in utterances],
        target_character=target,
        is_live=True,
    )
    if besides is not None:
        rows = rows.exclude(dialogue=besides)
    return rows.select_related("utterance", "dialogue").order_by("utterance__position")


def has_hand_in(person: User, dialogue: Dialogue) -> bool:
    """Whether a person made a dialogue, wrote any revision of it, or ever submitted it."""
    if person.pk in {dialogue.created_by_id, dialogue.updated_by_id, dialogue.submitted_by_id}:
        return True
    if _written(person).filter(dialogue=dialogue).exists():
        return True
    handed_in = _hand_ins(person).filter(project=dialogue.project_id, target_id=dialogue.pk)
    return handed_in.exists()


def own_work(person: User) -> Q:
    """Return the condition under which a dialogue is a person's own work."""
    # Asked of each dialogue: as a list it would be all that the person ever wrote.
    written = Exists(_written(person).filter(dialogue=OuterRef("pk")))
    handed_in = Exists(
        _hand_ins(person).filter(project=OuterRef("project"), target_id=OuterRef("pk"))
    )
    now = Q(created_by=person) | Q(updated_by=person) | Q(submitted_by=person)
    return now | Q(written) | Q(handed_in)


def _written(person: User) -> QuerySet[DialogueRevision]:
    """Return the revisions that a person wrote, but for fixes that were taken back."""
    return DialogueRevision.objects.filter(author=person, is_taken_back=False)


def _hand_ins(person: User) -> QuerySet[Activity]:
    """Return a person's submissions; the project's index finds those of one dialogue."""
    return Activity.objects.filter(actor=person, verb=HANDED_IN, target_type="dialogue")
