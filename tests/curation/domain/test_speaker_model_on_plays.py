"""The speaker model on real plays gives the figures that were measured before it was built."""

from __future__ import annotations

from statistics import mean

import pytest

from curation.domain.segmentation_metrics import Comparison, compare_segmentations
from curation.domain.speaker_model import SpeakerModelSettings, suggest_boundaries
from tests.scripts_data import Play, german, shakespeare

pytestmark = pytest.mark.data


def score(play: Play) -> tuple[int, tuple[float, ...]]:
    found = suggest_boundaries(play.speakers, settings=SpeakerModelSettings(longest_scene=300))
    compared = compare_segmentations(play.boundaries, found.boundaries, rows=len(play.rows))
    return found.scenes, figures(compared)


def figures(compared: Comparison) -> tuple[float, ...]:
    values = (compared.pk, compared.window_diff, compared.similarity, compared.near.f1)
    return tuple(value for value in values if isinstance(value, float))


def test_suggestions_for_the_shakespeare_plays_keep_their_quality() -> None:
    plays = shakespeare()
    assert sum(len(play.rows) for play in plays) == 8464
    assert sum(len(play.boundaries) + 1 for play in plays) == 206
    scored = {play.name: score(play) for play in plays}
    means = [mean(column) for column in zip(*(f for _, f in scored.values()), strict=True)]
    assert means == pytest.approx([0.289, 0.378, 0.451, 0.626], abs=5e-4)
    assert scored["macbeth"][0] == 32
    assert scored["macbeth"][1] == pytest.approx([0.179, 0.206, 0.597, 0.759], abs=5e-4)
    assert scored["hamlet"][0] == 40
    assert scored["hamlet"][1] == pytest.approx([0.382, 0.463, 0.402, 0.586], abs=5e-4)


def test_suggestions_for_the_german_plays_keep_their_quality() -> None:
    """The published means are .206 .280 .348 .560: the same rows, scenes read a shade apart."""
    plays = german()
    assert sum(len(play.rows) for play in plays) == 10007
    means = [mean(column) for column in zip(*(score(play)[1] for play in plays), strict=True)]
    assert means == pytest.approx([0.206, 0.280, 0.348, 0.560], abs=2.5e-3)
