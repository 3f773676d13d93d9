"""Take back one's own decisions on splits, press by press, and make them again.

The activity knows what was before a press, and what an undo took away. The layer's row is held
meanwhile, so that nobody decides between looking and writing.
"""

from collections.abc import Collection
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from curation.domain.activity import record_activity
from curation.errors import CurationError
from curation.models import Activity, Segmentation, SplitDecision

DECIDED, UNDONE = "scenes.split_decided", "scenes.split_undone"
REDONE = "scenes.split_redone"
FIELDS = ("start_id", "rule", "taken_from_id", "votes", "annotators", "decided_by_id")
Kept = list[list[Any]]


class SplitStandsError(CurationError):
    """There is no decision of this person that can be taken back, or made again."""

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
    return _decisions_at(layer, places)


def hold_decisions(layer: Segmentation) -> None:
    """Let nobody else decide on an episode's splits until the transaction ends."""
    list(Segmentation.objects.filter(pk=layer.pk).select_for_update())


@transaction.atomic
def undo_split(layer: Segmentation, *, actor: User) -> None:
    """Let the splits of one's last press be as they were before it.

    Raises:
        SplitStandsError: there is none left, or somebody else decided there since.
    """
    hold_decisions(layer)
    done, _ = _presses(layer, actor)
    if not done or "before" not in done[-1].detail:
        msg = "You have no decision here that could be undone."
        raise SplitStandsError(msg)
    before: Kept = done[-1].detail["before"]
    places = [row[0] for row in before]
    held = SplitDecision.objects.filter(segmentation=layer, utterance__in=places)
    if held.exclude(decided_by=actor).exists() or held.count() < len(before):
        msg = "Somebody else decided there after you, so your decision cannot be undone."
        raise SplitStandsError(msg)
    after = _decisions_at(layer, places)
    _write(layer, before)
    _record(UNDONE, layer, actor, undoes=done[-1].pk, after=after)


@transaction.atomic
def redo_split(layer: Segmentation, *, actor: User) -> list[int]:
    """Decide again what one's last undo took back.

    Returns:
        The positions of the splits.

    Raises:
        SplitStandsError: one's last step was no undo, or somebody else decided there since.
    """
    hold_decisions(layer)
    _, undone = _presses(layer, actor)
    if not undone or "after" not in undone[-1][1].detail:
        msg = "You have no decision here that could be made again."
        raise SplitStandsError(msg)
    press, undo = undone[-1]
    if _decisions_at(layer, [row[0] for row in press.detail["before"]]) != press.detail["before"]:
        msg = "Somebody else decided there since, so your decision is not made again."
        raise SplitStandsError(msg)
    _write(layer, undo.detail["after"])
    _record(REDONE, layer, actor, redoes=press.pk)
    positions: list[int] = press.detail["splits"]
    return positions


def _presses(
    layer: Segmentation, actor: User
) -> tuple[list[Activity], list[tuple[Activity, Activity]]]:
    """Replay a person's presses: those that stand, and those taken back with their undo."""
    rows = Activity.objects.filter(
        target_type="segmentation",
        target_id=layer.pk,
        actor=actor,
        verb__in=(DECIDED, UNDONE, REDONE),
    )
    done: list[Activity] = []
    undone: list[tuple[Activity, Activity]] = []
    for step in rows.order_by("pk"):
        if step.verb == DECIDED:
            done.append(step)
            undone = []
        elif step.verb == UNDONE:
            undone += [(one, step) for one in done if one.pk == step.detail["undoes"]]
            done = [one for one in done if one.pk != step.detail["undoes"]]
        elif undone:
            done.append(undone.pop()[0])
    return done, undone


def _decisions_at(layer: Segmentation, places: Collection[int]) -> Kept:
    """Return what is decided at utterances, in their order, as :func:`decisions_now` does."""
    found = SplitDecision.objects.filter(segmentation=layer, utterance__in=places)
    kept = {row[0]: row[1:] for row in found.values_list("utterance_id", *FIELDS)}
    return [[pk, *kept.get(pk, ())] for pk in places]


def _write(layer: Segmentation, kept: Kept) -> None:
    for utterance, *fields in kept:
        own: dict[str, Any] = {"segmentation": layer, "utterance_id": utterance}
        if fields:
            values = dict(zip(FIELDS, fields, strict=True))
            SplitDecision.objects.update_or_create(**own, defaults=values)
        else:
            SplitDecision.objects.filter(**own).delete()


def _record(verb: str, layer: Segmentation, actor: User, **detail: object) -> None:
    project = layer.episode.script.project
    record_activity(verb, project=project, actor=actor, target=layer, **detail)
