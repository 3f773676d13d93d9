"""What is told about the suggestions of an episode."""

import pytest

from curation.domain.scene_edits import SceneEdits
from curation.domain.scene_suggestions import (
    accept_suggestions,
    run_speaker_model,
)
from curation.domain.segmentation import apply_scene_edits
from curation.domain.segmentation_metrics import NO_BOUNDARY, TOO_SHORT, compare_segmentations
from curation.domain.speaker_model import SpeakerModelSettings
from curation.domain.suggestion_scores import SuggestionScore, score_suggestions
from curation.queries.scenes import open_suggestions
from tests.curation.domain.test_scene_suggestions import make_oracle
from tests.cutting import set_boundary
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_score_suggestions_counts_fates_and_compares_the_first_run() -> None:
    episode, actor = make_oracle(), UserFactory()
    run_speaker_model(episode, actor=actor, settings=SpeakerModelSettings(penalty=1))
    six, twelve = (one for one in open_suggestions(episode) if one.is_proposed)
    accept_suggestions(episode, suggestions=[six], revision=0, actor=actor)
    dismissed = SceneEdits(dismissed=frozenset({twelve.pk}))
    apply_scene_edits(episode, edits=dismissed, revision=0, actor=actor)
    set_boundary(episode, position=11, revision=1, actor=actor)
    score = score_suggestions(episode, spoken=range(16), starts=[0, 6, 11])
    assert (score.accepted, score.dismissed, score.undecided) == (1, 1, 0)
    assert score.figures == compare_segmentations({6, 11}, {6, 12}, rows=16)
    assert score.in_words().startswith("Pk 0.15, WindowDiff 0.15, boundary similarity 0.75")
    assert score.in_words().endswith("(windows of 3 lines)")


def test_score_suggestions_without_a_run_has_no_figures() -> None:
    score = score_suggestions(make_oracle(), spoken=range(16), starts=[0])
    assert score == SuggestionScore(accepted=0, dismissed=0, undecided=0, figures=None)
    assert score.in_words() == ""


def test_undefined_figures_are_told_with_their_reason() -> None:
    none = SuggestionScore(0, 0, 0, compare_segmentations((), (), rows=16))
    assert f"boundary similarity undefined ({NO_BOUNDARY})" in none.in_words()
    short = SuggestionScore(0, 0, 0, compare_segmentations((), (), rows=1))
    assert short.in_words() == str(TOO_SHORT)
