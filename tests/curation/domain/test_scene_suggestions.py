"""Suggested scenes: what is kept, what people's decisions lock, what becomes of suggestions."""

from __future__ import annotations

import pytest

from curation.domain.scene_edits import SceneEdits
from curation.domain.scene_suggestions import (
    NothingSpokenError,
    UnknownEpisodeError,
    accept_suggestions,
    run_speaker_model,
    suggest_scenes,
)
from curation.domain.segmentation import apply_scene_edits
from curation.domain.speaker_model import SpeakerModelSettings
from curation.enums import BoundaryOrigin, SuggestionState, UtteranceKind
from curation.models import Boundary, Character, Episode, Segmentation, SuggestedBoundary, Utterance
from curation.queries.scenes import open_suggestions, spoken_rows
from tests.cutting import clear_boundary, set_boundary
from tests.factories import UserFactory, make_member, make_scene

pytestmark = pytest.mark.django_db

CHEAP = SpeakerModelSettings(penalty=1)


def make_oracle() -> Episode:
    """R M R M R M B J B J B J R M R M: at penalty 1 the model cuts at 6 and 12."""
    scene = make_scene("\n".join(f"{name}: Words." for name in "RMRMRMBJBJBJRMRM"), target="R")
    return scene.segmentation.episode


def proposed(episode: Episode) -> list[int]:
    return [one.utterance.position for one in open_suggestions(episode) if one.is_proposed]


def test_run_speaker_model_keeps_the_oracle_with_its_probabilities() -> None:
    episode = make_oracle()
    run = run_speaker_model(episode, actor=UserFactory(), settings=SpeakerModelSettings(penalty=2))
    assert proposed(episode) == [6, 12]
    assert run.scene_count == 3
    chances = {one.utterance.position: one.probability for one in open_suggestions(episode)}
    assert chances[6] == pytest.approx(0.5293, abs=5e-5)
    assert chances[12] == pytest.approx(0.4719, abs=5e-5)
    assert all(chance >= 0.05 for chance in chances.values())
    assert run.parameters["penalty"] == 2


def test_run_speaker_model_changes_no_scene() -> None:
    episode = make_oracle()
    run_speaker_model(episode, actor=UserFactory(), settings=CHEAP)
    assert Boundary.objects.filter(is_active=True).count() == 1
    assert Segmentation.objects.get().revision == 0


def test_run_speaker_model_builds_around_what_people_decided() -> None:
    episode, actor = make_oracle(), UserFactory()
    set_boundary(episode, position=3, revision=0, actor=actor)
    set_boundary(episode, position=6, revision=1, actor=actor)
    clear_boundary(episode, position=6, revision=2, actor=actor)
    run_speaker_model(episode, actor=actor, settings=CHEAP)
    offered = {one.utterance.position for one in open_suggestions(episode)}
    assert 6 not in offered
    assert 3 not in offered
    assert 12 in proposed(episode)


def test_run_speaker_model_does_not_offer_what_was_dismissed() -> None:
    episode, actor = make_oracle(), UserFactory()
    run_speaker_model(episode, actor=actor, settings=CHEAP)
    six = next(one for one in open_suggestions(episode) if one.utterance.position == 6)
    dismissed = SceneEdits(dismissed=frozenset({six.pk}))
    apply_scene_edits(episode, edits=dismissed, revision=0, actor=actor)
    assert proposed(episode) == [12]
    run_speaker_model(episode, actor=actor, settings=CHEAP)
    assert proposed(episode) == [5, 12]


def test_an_undone_acceptance_is_open_again_and_may_be_offered_again() -> None:
    episode, actor = make_oracle(), UserFactory()
    run_speaker_model(episode, actor=actor, settings=CHEAP)
    chosen = [one for one in open_suggestions(episode) if one.is_proposed]
    accept_suggestions(episode, suggestions=chosen, revision=0, actor=actor)
    boundary = Boundary.objects.get(utterance__position=6)
    assert (boundary.origin, boundary.is_active) == (BoundaryOrigin.SPEAKER_MODEL, True)
    assert boundary.probability == pytest.approx(0.6098, abs=5e-5)
    assert {
        one.state for one in SuggestedBoundary.objects.filter(pk__in=[c.pk for c in chosen])
    } == {SuggestionState.ACCEPTED}
    undo = SceneEdits(off=frozenset({6}), reopened=frozenset(c.pk for c in chosen[:1]))
    apply_scene_edits(episode, edits=undo, revision=1, actor=actor)
    assert proposed(episode) == [6]
    run_speaker_model(episode, actor=actor, settings=CHEAP)
    assert 6 in proposed(episode)


def test_run_speaker_model_never_cuts_a_live_dialogue() -> None:
    from curation.domain.dialogue_creation import create_dialogue

    episode = make_oracle()
    rows = list(Utterance.objects.filter(episode=episode).order_by("position"))
    actor = make_member(episode.script.project)
    create_dialogue(
        Boundary.objects.get(),
        target=Character.objects.get(name="R"),
        actor=actor,
        first=rows[9],
        last=rows[12],
    )
    run_speaker_model(episode, actor=actor, settings=CHEAP)
    assert not {one.utterance.position for one in open_suggestions(episode)} & {10, 11, 12}


def test_spoken_rows_leave_directions_out_and_resolve_aliases() -> None:
    episode = make_oracle()
    Utterance.objects.filter(episode=episode, position=0).update(kind=UtteranceKind.DIRECTION)
    r, m = Character.objects.get(name="R"), Character.objects.get(name="M")
    m.alias_of = r
    m.save()
    rows = spoken_rows(episode)
    assert [row.position for row in rows] == list(range(1, 16))
    assert {row.speaker for row in rows} == {"r", "b", "j"}


def test_run_speaker_model_says_when_there_is_nothing_to_cut() -> None:
    episode = make_scene("R: Alone.", target="R").segmentation.episode
    with pytest.raises(NothingSpokenError, match="fewer than two"):
        run_speaker_model(episode, actor=UserFactory())


def test_run_speaker_model_asks_for_about_so_many_scenes() -> None:
    episode = make_oracle()
    run = run_speaker_model(episode, actor=UserFactory(), scenes=3)
    assert run.scene_count == 3
    assert run.parameters["asked_for"] == 3
    assert run.parameters["alpha"] == 1


def test_suggest_scenes_accepts_in_every_episode_and_again_changes_nothing() -> None:
    episode = make_oracle()
    project = episode.script.project
    make_scene("R: One.", project=project, target="R", episode_number=2)
    actor = make_member(project)
    (answer,) = suggest_scenes(project, actor=actor, scenes=3, accept=True)
    assert (answer.episode.pk, answer.scenes, answer.accepted) == (episode.pk, 3, 2)
    again = suggest_scenes(project, actor=actor, scenes=3, accept=True)
    assert [one.accepted for one in again] == [0]


def test_suggest_scenes_names_an_unknown_episode() -> None:
    episode = make_oracle()
    project = episode.script.project
    with pytest.raises(UnknownEpisodeError, match="S9E9"):
        suggest_scenes(project, actor=UserFactory(), episode_code="S9E9")
    code = episode.code.lower()
    assert len(suggest_scenes(project, actor=UserFactory(), episode_code=code)) == 1
