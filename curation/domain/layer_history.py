"""What a layer of scenes was after each change, replayed from its activity.

Only changes are kept, never whole layers. A line that no change touched was always as it is now;
one that the first change to touch it took away had started a scene before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from curation.domain.scene_edits import SceneEdits
from curation.errors import CurationError
from curation.models import Activity, Segmentation
from curation.queries.scenes import scene_starts

VERBS = ("scenes.edited", "scenes.agreement_undone")


class NoSuchLayerRevisionError(CurationError):
    """The layer never had this revision."""

    code = "no_such_layer_revision"


@dataclass(frozen=True, slots=True)
class LayerRevision:
    """A layer after one change.

    Attributes:
        number: of the change, from 1.
        starts: positions at which scenes started then; the first line always does.
        on, off: positions at which a scene started anew, or no longer.
    """

    number: int
    who: str
    at: datetime
    starts: frozenset[int]
    on: tuple[int, ...]
    off: tuple[int, ...]


def layer_revisions(layer: Segmentation) -> list[LayerRevision]:
    """Return what a layer was after each change, oldest first; two queries."""
    now = frozenset(start.utterance.position for start in scene_starts(layer))
    rows = Activity.objects.filter(
        target_type="segmentation", target_id=layer.pk, verb__in=VERBS
    ).order_by("pk")
    steps = list(
        rows.values_list(
            "verb",
            "detail",
            "created_at",
            "actor__first_name",
            "actor__last_name",
            "actor__username",
        )
    )
    touched = {
        at for _, detail, *_ in steps for name in ("on", "off") for at in detail.get(name, ())
    }
    state = _before(steps, now, touched)
    found = []
    for number, (verb, detail, at, first, last, username) in enumerate(steps, start=1):
        if verb == VERBS[0]:
            after = (state | set(detail.get("on", ()))) - set(detail.get("off", ()))
        else:
            after = {0}
        on, off = tuple(sorted(after - state)), tuple(sorted(state - after))
        who = f"{first or ''} {last or ''}".strip() or username or "Somebody"
        found.append(LayerRevision(number, who, at, frozenset(after), on, off))
        state = after
    return found


def revision_numbered(revisions: Sequence[LayerRevision], number: int) -> LayerRevision:
    """Return one of a layer's revisions.

    Raises:
        NoSuchLayerRevisionError: there is none of that number.
    """
    if not 1 <= number <= len(revisions):
        msg = f"These scenes have no revision {number}."
        raise NoSuchLayerRevisionError(msg)
    return revisions[number - 1]


def edits_to(revision: LayerRevision, *, now: frozenset[int]) -> SceneEdits:
    """Return the edits that give a layer the scenes it had; the first line keeps its own."""
    return SceneEdits(on=revision.starts - now, off=now - revision.starts - {0})


def _before(
    steps: Sequence[tuple[object, ...]], now: frozenset[int], touched: set[int]
) -> set[int]:
    """Return where scenes started before the first change."""
    first: dict[int, bool] = {}
    for verb, detail, *_ in steps:
        if verb != VERBS[0]:
            break  # what was taken back was made by changes before
        assert isinstance(detail, dict)  # noqa: S101  # for the type checker
        for name, is_on in (("on", True), ("off", False)):
            for at in detail.get(name, ()):
                first.setdefault(at, is_on)
    was_on = {at for at, is_on in first.items() if not is_on}
    return {0, *was_on, *(now - touched)}
