"""The speaker model learns from a team's agreed episodes, and never from the one it cuts."""

import pytest

from curation.domain.scene_suggestions import run_speaker_model
from curation.domain.speaker_learning import AgreedEpisode, learn_settings
from curation.domain.speaker_learnings import (
    is_learning_due,
    known_settings,
    learn_from_project,
)
from curation.domain.speaker_model import SpeakerModelSettings, suggest_boundaries
from curation.domain.suggester_scores import score_suggesters
from curation.models import Episode, Segmentation, SpeakerLearning
from tests.factories import make_agreed_project, make_scene
from tests.scripts_data import shakespeare

pytestmark = pytest.mark.django_db


def taught(*scenes: str, rows: int = 9) -> AgreedEpisode:
    names = [scene[at % len(scene)] for scene in scenes for at in range(rows)]
    gaps = frozenset(range(rows, len(names), rows))
    return AgreedEpisode(tuple(names), gaps)


def test_learn_settings_needs_three_episodes_and_is_the_same_every_time() -> None:
    lessons = [taught("AB", "CD", "AC"), taught("AB", "BC", "DA"), taught("CD", "AB", "CA")]
    assert learn_settings(lessons[:2]) is None
    assert learn_settings([*lessons[:2], AgreedEpisode(("A",), frozenset())]) is None
    found = learn_settings(lessons)
    assert found == learn_settings(lessons)
    assert found
    for one in lessons:
        assert set(suggest_boundaries(one.speakers, settings=found).boundaries) == one.gaps


def test_prior_of_scene_lengths_decides_where_speakers_do_not() -> None:
    speakers = "AB" * 30
    plain = suggest_boundaries(speakers)
    assert plain.boundaries == ()
    found = suggest_boundaries(
        speakers,
        settings=SpeakerModelSettings(penalty=-3.0, weight=0.3, length_mean=2.3, length_sd=0.4),
    )
    assert 3 <= found.scenes <= 8


def test_project_of_two_agreed_episodes_keeps_the_built_in_settings() -> None:
    project = make_agreed_project(2)
    learn_from_project(project)
    fresh = make_scene("A: x\nB: y", project=project, episode_number=9).segmentation.episode
    assert known_settings(fresh) is None


def test_suggestions_use_what_was_learned_from_the_other_episodes_only() -> None:
    project = make_agreed_project(4)
    assert is_learning_due(project)
    assert learn_from_project(project) == 5
    assert learn_from_project(project) == 0
    assert not is_learning_due(project)
    fresh = make_scene("A: x\nB: y", project=project, episode_number=9).segmentation.episode
    known = known_settings(Episode.objects.get(pk=fresh.pk))
    assert known
    assert known.episodes == 4
    agreed = Episode.objects.filter(script__project=project).order_by("pk").first()
    assert agreed
    own = known_settings(agreed)
    assert own
    assert own.episodes == 3
    run = run_speaker_model(fresh, actor=project.created_by)
    assert (run.model_name, run.parameters["learned_from"]) == ("learned", 4)


def test_a_changed_episode_is_learned_anew_and_the_old_lesson_is_not_used() -> None:
    project = make_agreed_project(3)
    learn_from_project(project)
    fresh = make_scene("A: x\nB: y", project=project, episode_number=9).segmentation.episode
    Segmentation.objects.filter(episode__script__project=project, revision=1).update(revision=2)
    assert is_learning_due(project)
    assert known_settings(fresh) is None
    learn_from_project(project)
    assert known_settings(fresh)


def test_suggesters_are_scored_on_episodes_they_did_not_learn_from() -> None:
    project = make_agreed_project(4)
    found = score_suggesters(project)
    assert found.suggesters == ()
    learn_from_project(project)
    scores = {one.name: one for one in score_suggesters(project).suggesters}
    assert set(scores) == {
        "speaker model, as built in",
        "speaker model, learned from the team",
    }
    learned = scores["speaker model, learned from the team"]
    assert learned.similarity.count == 4
    assert SpeakerLearning.objects.filter(project=project).count() == 5


@pytest.mark.data
def test_three_plays_teach_the_others() -> None:
    from statistics import mean

    from curation.domain.segmentation_metrics import pk

    plays = shakespeare()
    lessons = [AgreedEpisode(tuple(one.speakers), frozenset(one.boundaries)) for one in plays]
    settings = learn_settings(lessons[:3])
    assert settings

    def quality(with_settings: SpeakerModelSettings) -> float:
        found = [
            pk(
                one.gaps,
                suggest_boundaries(one.speakers, settings=with_settings).boundaries,
                rows=len(one.speakers),
            )
            for one in lessons[3:]
        ]
        return mean(value for value in found if isinstance(value, float))

    assert quality(SpeakerModelSettings(longest_scene=300)) == pytest.approx(0.281, abs=5e-4)
    assert quality(settings) == pytest.approx(0.232, abs=5e-4)
