"""Live events of an episode that a team cuts together: what changed, and who is there.

One's own blind layer has none, so that nothing of a colleague's can reach a page that way.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from curation.access import signed_in
from curation.access.scenes import annotated_episode
from curation.domain.live_scenes import OpenEpisodes, Presence
from curation.queries.layers import cuts_blind
from curation.queries.projects import members_of
from rickproject.lib.sse import PING, event, stream_events

TICK_SECONDS = 1.0
STAY_SECONDS = 4.0
PING_SECONDS = 15.0
LIFE_SECONDS = 240.0  # then the browser asks again, and its right to it is looked at again
MOST_STREAMS = 400
RETRY_SECONDS = 30

open_episodes = OpenEpisodes()
presence = Presence()


@login_required
@require_safe
async def reader_live(request: HttpRequest, slug: str, pk: int) -> HttpResponseBase:
    """Stream what happens to an episode's shared scenes; 204 where there is nothing to share."""
    person, episode_id, people = await sync_to_async(_enter)(request, slug, pk)
    if episode_id is None:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    if len(open_episodes) >= MOST_STREAMS:
        busy = HttpResponse(status=HTTPStatus.SERVICE_UNAVAILABLE)
        busy["Retry-After"] = str(RETRY_SECONDS)
        return busy
    return stream_events(live_events(person.pk, episode_id, people))


async def live_events(
    user_id: int, episode_id: int, people: dict[int, str]
) -> AsyncIterator[bytes]:
    """Yield ``scenes`` whenever their revision or state changes and ``people`` when those do.

    Args:
        people: names of those who may work on the episode, by id.
    """
    known: object = None
    there: list[str] = []
    begun = stayed = sent = time.monotonic()
    stayed -= STAY_SECONDS
    with open_episodes.watching(episode_id):
        try:
            while time.monotonic() - begun < LIFE_SECONDS:
                now = await _aside(open_episodes.now, episode_id)
                if now is not None and not now.is_open:
                    yield event("closed", {})
                    return
                if now is not None and now != known:
                    known, sent = now, time.monotonic()
                    yield event("scenes", asdict(now))
                if time.monotonic() - stayed >= STAY_SECONDS:
                    stayed = time.monotonic()
                    await _aside(presence.stay, episode_id, user_id)
                    found = await _aside(_others, episode_id, user_id, people)
                    if found != there:
                        there, sent = found, time.monotonic()
                        yield event("people", {"names": there})
                if time.monotonic() - sent >= PING_SECONDS:
                    sent = time.monotonic()
                    yield PING
                await asyncio.sleep(TICK_SECONDS)
        finally:
            await _aside(presence.leave, episode_id, user_id)


def _others(episode_id: int, user_id: int, people: dict[int, str]) -> list[str]:
    return presence.others(episode_id, user_id=user_id, people=people)


def _enter(request: HttpRequest, slug: str, pk: int) -> tuple[User, int | None, dict[int, str]]:
    """Do everything that needs the database, then let it go for as long as the stream lasts."""
    try:
        person = signed_in(request)
        episode = annotated_episode(person, slug, pk)
        if cuts_blind(episode):
            return person, None, {}
        people = {
            one.pk: one.get_full_name() or one.username
            for one, _ in members_of(episode.script.project)
        }
        return person, episode.pk, people
    finally:
        if not connection.in_atomic_block:
            connection.close()


async def _aside(step: Callable[..., Any], *facts: object) -> Any:
    """Run what may wait in a thread of its own, not in the one that answers requests."""
    return await sync_to_async(step, thread_sensitive=False)(*facts)
