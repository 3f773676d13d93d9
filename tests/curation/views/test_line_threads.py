"""Comments on lines and scenes: the page, the reader's dialog and marks, lines that are gone."""

from http import HTTPStatus

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from curation.domain.threads import open_thread
from curation.enums import Role, SegmentationMode, SegmentationState
from curation.models import Boundary, Episode, Segmentation, Thread, Utterance
from tests.factories import make_member, make_scene

pytestmark = pytest.mark.django_db

LINES = """
PIP: Who moved the moon?
VEX: You did.
PIP: I would remember.
"""


@pytest.fixture
def scene() -> Boundary:
    return make_scene(LINES)


@pytest.fixture
def episode(scene: Boundary) -> Episode:
    Segmentation.objects.update(state=SegmentationState.IN_PROGRESS)
    return scene.segmentation.episode


@pytest.fixture
def ada(episode: Episode, client: Client) -> User:
    person = make_member(episode.script.project, Role.ANNOTATOR)
    client.force_login(person)
    return person


def page_of(episode: Episode, position: int, name: str = "line_comments") -> str:
    return reverse(name, args=[episode.script.project.slug, episode.pk, position])


def reader_of(episode: Episode) -> str:
    return reverse("reader", args=[episode.script.project.slug, episode.pk])


def line(episode: Episode, position: int) -> Utterance:
    return Utterance.objects.get(episode=episode, position=position)


def test_a_line_and_a_scene_are_commented_and_marked_in_the_reader(
    episode: Episode, ada: User, client: Client
) -> None:
    answer = client.post(page_of(episode, 0), {"text": "<i>Whose</i> moon?", "about": "scene"})
    thread = Thread.objects.get()
    assert thread.is_on_scene
    assert answer["Location"] == f"{page_of(episode, 0)}#thread-{thread.pk}"
    client.post(page_of(episode, 1), {"text": "Too short?"})
    content = client.get(page_of(episode, 0)).content.decode()
    assert "&lt;i&gt;Whose&lt;/i&gt; moon?" in content
    assert "On the scene from here" in content
    part = client.get(page_of(episode, 0), headers={"HX-Request": "true"}).content.decode()
    assert "Whose" in part
    assert "<html" not in part
    text = client.get(reader_of(episode)).content.decode()
    assert (
        f'href="{page_of(episode, 1)}" data-talk aria-label="1 open thread on line 2">1</a>' in text
    )
    listed = client.get(reverse("threads", args=[episode.script.project.slug])).content.decode()
    assert "The scene from line 1" in listed
    assert "Line 2" in listed


def test_a_scenes_thread_stays_with_the_line_when_the_scene_goes(
    episode: Episode, ada: User, client: Client
) -> None:
    second = line(episode, 1)
    layer = Segmentation.objects.get()
    start = Boundary.objects.create(segmentation=layer, utterance=second)
    open_thread(episode.script.project, on=second, author=ada, text="New place?", is_on_scene=True)
    Boundary.objects.filter(pk=start.pk).update(is_active=False)
    content = client.get(page_of(episode, 1)).content.decode()
    assert "New place?" in content
    assert 'name="about"' not in content
    assert "1 open thread on line 2" in client.get(reader_of(episode)).content.decode()


def test_a_blind_colleague_gets_404_for_a_thread_and_sees_no_mark(
    episode: Episode, ada: User, client: Client
) -> None:
    project = episode.script.project
    project.segmentation_mode = SegmentationMode.BLIND
    project.save()
    Segmentation.objects.all().delete()
    ben = make_member(project, Role.ANNOTATOR)
    thread = open_thread(project, on=line(episode, 2), author=ben, text="A secret start")
    for name in ("thread", "thread_answer", "thread_resolve", "thread_reopen"):
        address = reverse(name, args=[project.slug, thread.pk])
        send = client.get if name == "thread" else client.post
        assert send(address, {"text": "x"}).status_code == HTTPStatus.NOT_FOUND
    pages = (page_of(episode, 2), reader_of(episode), reverse("threads", args=[project.slug]))
    for page in (*pages, reverse("activity", args=[project.slug])):
        text = client.get(page).content.decode()
        assert "A secret start" not in text
        assert "open thread on line" not in text
        assert "ine 3</a>" not in text
    assert "once they have submitted" in client.get(page_of(episode, 2)).content.decode()
    client.force_login(ben)
    assert "A secret start" in client.get(page_of(episode, 2)).content.decode()


def test_a_corrected_line_shows_its_old_words_and_a_dropped_one_has_a_page_of_its_own(
    episode: Episode, ada: User, client: Client
) -> None:
    project = episode.script.project
    gone = open_thread(project, on=line(episode, 2), author=ada, text="Cut this?")
    corrected = open_thread(project, on=line(episode, 1), author=ada, text="Really?")
    Utterance.objects.filter(pk=corrected.utterance_id).update(text="We did.")
    aside = make_scene("PIP: An old page.", project=project, episode_number=2).segmentation.episode
    Utterance.objects.filter(pk=gone.utterance_id).update(episode=aside, position=7)
    assert "You did." in client.get(page_of(episode, 1)).content.decode()
    address = reverse("thread", args=[project.slug, gone.pk])
    content = client.get(address).content.decode()
    assert "A line that is gone" in content
    assert "I would remember." in content
    answered = client.post(
        reverse("thread_answer", args=[project.slug, gone.pk]), {"text": "Gone now."}
    )
    assert answered["Location"] == address
    refused = client.post(reverse("thread_answer", args=[project.slug, corrected.pk]), {"text": ""})
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    listed = client.get(reverse("threads", args=[project.slug])).content.decode()
    assert "A line that is gone" in listed


def test_marks_and_comments_need_as_many_queries_for_many_as_for_one(
    episode: Episode, ada: User, client: Client
) -> None:
    project = episode.script.project
    open_thread(project, on=line(episode, 0), author=ada, text="One")
    pages = (reader_of(episode), page_of(episode, 0), reverse("threads", args=[project.slug]))

    def count(page: str) -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(page).status_code == HTTPStatus.OK
        return len(found)

    before = [count(page) for page in pages]
    for position in (0, 1, 2):
        author = make_member(project, Role.ANNOTATOR)
        open_thread(project, on=line(episode, position), author=author, text="More")
    assert [count(page) for page in pages] == before
