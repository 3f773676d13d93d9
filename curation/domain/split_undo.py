"""Take back one's own decisions on splits, press by press; the activity knows what was before."""

from collections.abc import Collection

from django.contrib.auth.models import User
from django.db import transaction

from curation.domain.activity import record_activity
from curation.errors import CurationError
from curation.models import Activity, Segmentation, SplitDecision

DECIDED, UNDONE = "scenes.split_decided", "scenes.split_undone"
FIELDS = ("start_id", "rule", "taken_from_id", "votes", "annotators", "decided_by_id")
Kept = list[list[object]]


class SplitStandsError(CurationError):
    """There is no decision of this person that can be taken back."""

    code = "split_stands"


def decisions_now(layer: Segmentation, positions: Collection[int]) -> Kept:
    """Return what is decided at places of an episode, for an activity to remember.

    Returns:
        For each place: the utterance's key, then the decision's fields, or nothing where there is
        no decision.
    """
    places = list(
        layer.episode.utterances.filter(position__in=positions)
        .order_by("position")
        .values_list("pk", flat=True)
    )
    found = SplitDecision.objects.filter(segmentation=layer, utterance__in=places)
    kept = {row[0]: row[1:] for row in found.values_list("utterance_id", *FIELDS)}
    return [[pk, *kept.get(pk, ())] for pk in places]


@transaction.atomic
def undo_split(layer: Segmentation, *, actor: User) -> None:
    """Let the splits of one's last press be as they were before it.

    Raises:
        SplitStandsError: there is none left, or somebody else decided there since.
    """
    steps = Activity.objects.filter(
        target_type="segmentation", target_id=layer.pk, actor=actor, verb__in=(DECIDED, UNDONE)
    ).order_by("-pk")
    taken_back: set[int] = set()
    step = None
    for one in steps:
        if one.verb == UNDONE:
            taken_back.add(one.detail["undoes"])
        elif one.pk not in taken_back:
            step = one
            break
    if step is None or "before" not in step.detail:
        msg = "You have no decision here that could be undone."
        raise SplitStandsError(msg)
    before = step.detail["before"]
    places = [row[0] for row in before]
    held = SplitDecision.objects.filter(segmentation=layer, utterance__in=places)
    if held.exclude(decided_by=actor).exists() or held.count() < len(before):
        msg = "Somebody else decided there after you, so your decision cannot be undone."
        raise SplitStandsError(msg)
    for utterance, *fields in before:
        mine = held.filter(utterance=utterance)
        if fields:
            mine.update(**dict(zip(FIELDS, fields, strict=True)))
        else:
            mine.delete()
    record_activity(
        UNDONE, project=layer.episode.script.project, actor=actor, target=layer, undoes=step.pk
    )
