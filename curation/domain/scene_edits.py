"""One batch of decisions about scenes, and what it makes of suggestions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
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
        titles: what a person wrote over the titles of accepted suggestions, by their keys.
    """

    on: frozenset[int] = frozenset()
    off: frozenset[int] = frozenset()
    accepted: frozenset[int] = frozenset()
    dismissed: frozenset[int] = frozenset()
    reopened: frozenset[int] = frozenset()
    titles: Mapping[int, str] = field(default_factory=dict)

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
    now = timezone.now()
    edited = _edited(edits)
    for chosen, state in (
        (edits.accepted - edited, SuggestionState.ACCEPTED),
        (edits.accepted & edited, SuggestionState.EDITED),
        (edits.dismissed, SuggestionState.DISMISSED),
    ):
        if chosen:
            suggestions_meant(layer, chosen).filter(state=SuggestionState.OPEN).update(
                state=state, decided_by=actor, decided_at=now
            )
    if edits.reopened:
        suggestions_meant(layer, edits.reopened).update(
            state=SuggestionState.OPEN, decided_by=None, decided_at=None
        )


def suggestions_meant(layer: Segmentation, chosen: frozenset[int]) -> QuerySet[SuggestedBoundary]:
    """Return the layer's suggestions that a page named, by the keys that it knew them by."""
    ours = SuggestedBoundary.objects.filter(
        run__in=runs_of(layer.episode, annotator=layer.annotator)
    )
    return ours.filter(_meant(layer, chosen))


def titles_written(edits: SceneEdits) -> dict[int, str]:
    """Return what was written over suggested titles, by the utterance they stand at."""
    if not edits.titles:
        return {}
    named = SuggestedBoundary.objects.filter(pk__in=edits.titles.keys() & edits.accepted)
    return {at: edits.titles[pk] for pk, at in named.values_list("pk", "utterance_id")}


def _edited(edits: SceneEdits) -> frozenset[int]:
    if not edits.titles:
        return frozenset()
    named = SuggestedBoundary.objects.filter(pk__in=edits.titles)
    own = dict(named.values_list("pk", "title"))
    return frozenset(pk for pk, title in edits.titles.items() if own.get(pk, title) != title)


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
