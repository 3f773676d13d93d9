"""Live events: what colleagues change in shared scenes, and nothing of a blind layer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import DatabaseError
from django.test import AsyncClient, Client
from django.utils import timezone
from redis.exceptions import ConnectionError as BrokerDownError

from curation.domain import live_scenes
from curation.domain.assignments import begin_place
from curation.domain.layers import choose_mode, undo_agreement, write_agreed_layer
from curation.domain.live_scenes import OpenEpisodes, Presence
from curation.domain.notes import save_note
from curation.domain.threads import open_thread, resolve_thread
from curation.enums import SegmentationMode, WorkKind
from curation.models import Assignment
from curation.views import reader_live
from tests.curation.domain.layer_world import BlindWorld
from tests.cutting import set_boundary

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_live, "TICK_SECONDS", 0.02)
    monkeypatch.setattr(reader_live, "STAY_SECONDS", 0.02)
    monkeypatch.setattr(live_scenes, "READ_SECONDS", 0.0)
    monkeypatch.setattr(reader_live, "open_episodes", OpenEpisodes())
    monkeypatch.setattr(reader_live, "presence", Presence())


def shared_world() -> BlindWorld:
    world = BlindWorld()
    choose_mode(world.project, mode=SegmentationMode.SHARED, annotators=1, actor=world.mina)
    world.episode.script.project.refresh_from_db()
    return world


async def next_event(
    stream: AsyncIterator[bytes], *, of: tuple[str, ...] = ("scenes", "people", "closed")
) -> tuple[str, Any]:
    while True:
        text = (await asyncio.wait_for(anext(stream), 20)).decode()
        if text.startswith(tuple(f"event: {name}\n" for name in of)):
            name, data = text.strip().split("\n")
            return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def names_of(world: BlindWorld) -> dict[int, str]:
    return {one.pk: one.username for one in (world.ada, world.ben)}


async def test_a_change_of_the_shared_scenes_is_an_event() -> None:
    world = await sync_to_async(shared_world)()
    stream = reader_live.live_events(world.ada, world.episode, names_of(world))
    waiting = asyncio.ensure_future(next_event(stream))
    await sync_to_async(set_boundary)(world.episode, position=6, revision=0, actor=world.ben)
    assert await waiting == (
        "scenes",
        {
            "revision": 1,
            "state": "in_progress",
            "by": world.ben.username,
            "is_open": True,
            "notes": 0,
        },
    )
    await stream.aclose()  # type: ignore[attr-defined]
    assert len(reader_live.open_episodes) == 0


async def test_colleagues_come_and_go() -> None:
    world = await sync_to_async(shared_world)()
    people = names_of(world)
    ada = reader_live.live_events(world.ada, world.episode, people)
    ben = reader_live.live_events(world.ben, world.episode, people)
    waiting = asyncio.ensure_future(next_event(ada))
    assert await next_event(ben) == ("people", {"names": [world.ada.username]})
    assert await waiting == ("people", {"names": [world.ben.username]})
    await ben.aclose()  # type: ignore[attr-defined]
    assert await next_event(ada) == ("people", {"names": []})
    await ada.aclose()  # type: ignore[attr-defined]


async def test_comments_notes_places_and_the_bell_are_told_to_whom_they_concern() -> None:
    world = await sync_to_async(shared_world)()
    line = await sync_to_async(world.episode.utterances.get)(position=3)
    stream = reader_live.live_events(world.ada, world.episode, names_of(world))
    assert await next_event(stream, of=("marks",)) == ("marks", {"open": {}})
    thread = await sync_to_async(open_thread)(
        world.project, on=line, author=world.ben, text=f"Look, @{world.ada.username}"
    )
    heard = dict([await next_event(stream, of=("marks", "bell")) for _ in range(2)])
    assert heard == {"marks": {"open": {"3": 1}}, "bell": {}}
    await sync_to_async(resolve_thread)(thread, actor=world.ben)
    assert await next_event(stream, of=("marks",)) == ("marks", {"open": {}})
    note = {"position": 0, "title": "Yard", "text": "Dusk.", "revision": 0}
    await sync_to_async(save_note)(world.episode, author=world.ben, **note)
    assert (await next_event(stream))[1]["notes"] == 1
    take = {"person": world.ben, "kind": WorkKind.SCENES}
    await sync_to_async(begin_place)(world.episode, **take)
    _, place = await next_event(stream, of=("place",))
    assert f"{world.ben.get_full_name() or world.ben.username} works here until" in place["html"]
    await sync_to_async(Assignment.objects.update)(lease_until=timezone.now())
    _, place = await next_event(stream, of=("place",))  # nobody came back: the place is free
    assert "works here" not in place["html"]
    await stream.aclose()  # type: ignore[attr-defined]


async def test_events_end_when_the_scenes_become_blind() -> None:
    def begin() -> BlindWorld:
        world = BlindWorld()
        world.finish(world.ada, 5)
        write_agreed_layer(world.episode, starts={5}, actor=world.mina)
        return world

    world = await sync_to_async(begin)()
    stream = reader_live.live_events(world.ben, world.episode, {})
    assert (await next_event(stream))[0] == "scenes"
    await sync_to_async(undo_agreement)(world.episode, actor=world.mina)
    assert await next_event(stream) == ("closed", {})
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


def test_a_blind_layer_has_no_events_at_all() -> None:
    world = BlindWorld()
    world.finish(world.ada, 5)
    for person in (world.ada, world.ben, world.rex, world.mina):
        client = Client()
        client.force_login(person)
        answer = client.get(f"/p/{world.project.slug}/scenes/{world.episode.pk}/live/")
        assert answer.status_code == HTTPStatus.NO_CONTENT
        assert answer.content == b""
    page = Client()
    page.force_login(world.ben)
    html = page.get(f"/p/{world.project.slug}/scenes/{world.episode.pk}/").content.decode()
    assert "data-live-url" not in html


async def test_the_answer_is_a_stream_that_nobody_stores() -> None:
    world = await sync_to_async(shared_world)()
    client = AsyncClient()
    await client.aforce_login(world.ada)
    answer = await client.get(f"/p/{world.project.slug}/scenes/{world.episode.pk}/live/")
    assert answer.status_code == HTTPStatus.OK
    assert answer["Content-Type"].startswith("text/event-stream")
    assert "no-cache" in answer["Cache-Control"]


async def test_too_many_streams_are_told_when_to_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await sync_to_async(shared_world)()
    monkeypatch.setattr(reader_live, "MOST_STREAMS", 0)
    client = AsyncClient()
    await client.aforce_login(world.ada)
    answer = await client.get(f"/p/{world.project.slug}/scenes/{world.episode.pk}/live/")
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert answer["Retry-After"]


def test_presence_is_silent_while_the_cache_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def down(*_: object, **__: object) -> None:
        calls.append(1)
        raise BrokerDownError

    monkeypatch.setattr(live_scenes, "cache", SimpleNamespace(set=down, get_many=down))
    presence = Presence()
    presence.stay(1, 2)
    presence.stay(1, 2)
    assert presence.others(1, user_id=2, people={3: "Ben"}) == []
    assert calls == [1]  # not asked again for a while


def test_an_outage_of_the_database_leaves_the_last_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    world = shared_world()
    set_boundary(world.episode, position=6, revision=0, actor=world.ben)
    episodes = OpenEpisodes()
    with episodes.watching(world.episode.pk):
        first = episodes.now(world.episode.pk)
        assert first
        assert first.revision == 1

        def down(*_: object) -> None:
            raise DatabaseError

        monkeypatch.setattr(live_scenes, "read_shared_scenes", down)
        assert episodes.now(world.episode.pk) == first


def test_all_open_episodes_are_read_in_one_query(django_assert_num_queries: Any) -> None:
    world = shared_world()
    set_boundary(world.episode, position=6, revision=0, actor=world.ben)
    episodes = OpenEpisodes()
    with episodes.watching(world.episode.pk), episodes.watching(world.episode.pk + 1):
        found = live_scenes.read_shared_scenes([world.episode.pk, world.episode.pk + 1])
        assert list(found) == [world.episode.pk]
    assert len(episodes) == 0
    with django_assert_num_queries(1):
        live_scenes.read_shared_scenes([world.episode.pk, world.episode.pk + 1])
