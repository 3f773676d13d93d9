"""Who may read what is said about a line: as the layers, and who said it."""

from itertools import product

import pytest
from django.contrib.auth.models import User

from curation.domain.threads import open_thread
from curation.enums import Role, SegmentationMode, SegmentationState
from curation.models import Episode, Thread
from curation.queries.layers import may_see_layers
from curation.queries.threads import line_threads, open_marks, project_threads, threads_open_to
from tests.factories import (
    EpisodeFactory,
    ProjectFactory,
    SegmentationFactory,
    UserFactory,
    UtteranceFactory,
    make_member,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def episode() -> Episode:
    project = ProjectFactory(segmentation_mode=SegmentationMode.BLIND, annotators_per_episode=2)
    return EpisodeFactory(script__project=project)


def said_about(episode: Episode, author: User) -> Thread:
    line = UtteranceFactory(episode=episode, position=0)
    project = episode.script.project
    return open_thread(project, on=line, author=author, text="Here?", is_on_scene=True)


def sees(person: User, thread: Thread) -> bool:
    return threads_open_to(person).filter(pk=thread.pk).exists()


def test_threads_of_lines_open_as_the_layers_do(episode: Episode) -> None:
    """Every role with every state of a layer: the rule of the pages and this one agree."""
    project = episode.script.project
    thread = said_about(episode, make_member(project, Role.ANNOTATOR))
    own_states = (None, *SegmentationState)
    for role, own in product((Role.ANNOTATOR, Role.REVIEWER, Role.MANAGER), own_states):
        person = make_member(project, role)
        if own is not None:
            SegmentationFactory(episode=episode, annotator=person, state=own)
        assert sees(person, thread) == may_see_layers(person, episode), (role, own)
    blind = make_member(project, Role.ANNOTATOR)
    root = UserFactory(is_superuser=True)
    assert sees(root, thread)
    assert not sees(blind, thread)
    agreed = SegmentationFactory(episode=episode, state=SegmentationState.UNTOUCHED)
    assert not sees(blind, thread)
    agreed.state = SegmentationState.SUBMITTED
    agreed.save()
    assert sees(blind, thread)


def test_a_blind_colleague_meets_the_thread_nowhere_and_its_author_everywhere(
    episode: Episode,
) -> None:
    project = episode.script.project
    author, blind = make_member(project, Role.ANNOTATOR), make_member(project, Role.ANNOTATOR)
    thread = said_about(episode, author)
    for person, found in ((author, [thread]), (blind, [])):
        assert list(line_threads(person, episode, 0)) == found
        assert list(project_threads(person, project, is_resolved=False)) == found
        assert list(open_marks(person, episode)) == [0] * len(found)
    project.segmentation_mode = SegmentationMode.SHARED
    project.save()
    assert sees(blind, thread)
