"""How good the suggestions of an episode were, told by what people made of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User

from curation.domain.segmentation_metrics import Comparison, Undefined, compare_segmentations
from curation.enums import SuggestionState
from curation.models import Episode
from curation.queries.scenes import first_run, suggestion_fates

TAKEN = (SuggestionState.ACCEPTED, SuggestionState.EDITED)


@dataclass(frozen=True, slots=True)
class SuggestionScore:
    """What became of an episode's suggested scene starts.

    Attributes:
        accepted, dismissed, undecided: numbers of suggestions, over all runs.
        figures: of the first run, before anybody decided anything, against the scenes as they
            are now; None while there is no such run.
    """

    accepted: int
    dismissed: int
    undecided: int
    figures: Comparison | None

    def in_words(self) -> str:
        """Return the figures as one line, each undefined one with its reason."""
        if self.figures is None:
            return ""
        shown = (
            ("Pk", self.figures.pk),
            ("WindowDiff", self.figures.window_diff),
            ("boundary similarity", self.figures.similarity),
            ("F1 within one line", self.figures.near.f1),
        )
        if isinstance(self.figures.k, Undefined):
            return str(self.figures.k)
        parts = [
            f"{name} undefined ({value})" if isinstance(value, Undefined) else f"{name} {value:.2f}"
            for name, value in shown
        ]
        return f"{', '.join(parts)} (windows of {self.figures.k} lines)"


def score_suggestions(
    episode: Episode,
    *,
    spoken: Sequence[int],
    starts: Collection[int],
    annotator: User | None = None,
) -> SuggestionScore:
    """Count what became of the suggestions and compare the first run with the scenes as they are.

    Args:
        spoken: positions of the episode's spoken rows, ascending.
        starts: positions at which the scenes of the layer start.
        annotator: whose layer; None is the agreed one.
    """
    fates = suggestion_fates(episode, annotator=annotator)
    run = first_run(episode, annotator=annotator)
    figures = None
    if run is not None and "gaps" in run.parameters:
        agreed = {bisect_left(spoken, start) for start in starts}
        figures = compare_segmentations(
            {gap for gap in agreed if 1 <= gap < len(spoken)},
            {gap for gap in run.parameters["gaps"] if 1 <= gap < len(spoken)},
            rows=len(spoken),
        )
    return SuggestionScore(
        accepted=sum(fates.get(one, 0) for one in TAKEN),
        dismissed=fates.get(SuggestionState.DISMISSED, 0),
        undecided=fates.get(SuggestionState.OPEN, 0),
        figures=figures,
    )
