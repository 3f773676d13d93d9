"""One batch of decisions about scenes, and what it makes of suggestions."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone

from curation.enums import Suggester, SuggestionState
from curation.models import Segmentation, SuggestedBoundary
from curation.queries.scenes import runs_of


@dataclass(frozen=True, slots=True)
class SceneEdits:
    """One batch of decisions, all kept or all refused.

    Attributes:
        on: positions at which a scene is to start.
        off: positions at which none is to start any more.
        accepted: suggestions behind some of ``on``; they become the boundaries' origin.
        dismissed: suggestions refused.
        reopened: suggestions whose decision is taken back.
    """

    on: frozenset[int] = frozenset()
    off: frozenset[int] = frozenset()
    accepted: frozenset[int] = frozenset()
    dismissed: frozenset[int] = frozenset()
    reopened: frozenset[int] = frozenset()

    @property
    def moves_scenes(self) -> bool:
        """Whether any boundary is set or taken away."""
        return bool(self.on or self.off)

    @property
    def decides_suggestions(self) -> bool:
        """Whether any suggestion gets another fate."""
        return bool(self.accepted or self.dismissed or self.reopened)


def decide_suggestions(layer: Segmentation, *, edits: SceneEdits, actor: User) -> None:
    """Write what became of suggestions; one that is decided already keeps its first fate."""
    ours = SuggestedBoundary.objects.filter(
        run__in=runs_of(layer.episode, annotator=layer.annotator)
    )
    now = timezone.now()
    for chosen, state in (
        (edits.accepted, SuggestionState.ACCEPTED),
        (edits.dismissed, SuggestionState.DISMISSED),
    ):
        if chosen:
            ours.filter(_meant(layer, chosen), state=SuggestionState.OPEN).update(
                state=state, decided_by=actor, decided_at=now
            )
    if edits.reopened:
        ours.filter(_meant(layer, edits.reopened)).update(
            state=SuggestionState.OPEN, decided_by=None, decided_at=None
        )


def copy_source_suggestions(layer: Segmentation) -> None:
    """Give an annotator's new layer its own copy of what the source suggests."""
    for run in runs_of(layer.episode).filter(suggester=Suggester.SOURCE):
        offered = list(run.boundaries.all())
        run.pk, run.layer = None, layer
        run._state.adding = True  # noqa: SLF001  # Django's documented way to copy a row
        run.save()
        for one in offered:
            one.pk, one.run = None, run
            if one.is_proposed:
                one.state, one.decided_by, one.decided_at = SuggestionState.OPEN, None, None
            one._state.adding = True  # noqa: SLF001
        SuggestedBoundary.objects.bulk_create(offered)


def _meant(layer: Segmentation, chosen: frozenset[int]) -> Q:
    """Match suggestions by id; a page older than the layer names the source's originals."""
    if not layer.annotator_id:
        return Q(pk__in=chosen)
    originals = SuggestedBoundary.objects.filter(
        pk__in=chosen, run__layer=None, run__suggester=Suggester.SOURCE
    )
    return Q(pk__in=chosen) | Q(
        utterance__in=list(originals.values_list("utterance", flat=True)),
        run__suggester=Suggester.SOURCE,
    )
