"""Live events of an episode that a team cuts together: what changed, what is said, who is there.

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
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from curation.access import signed_in
from curation.access.scenes import annotated_episode
from curation.domain.live_scenes import OpenEpisodes, Presence
from curation.models import Episode
from curation.queries.layers import cuts_blind
from curation.queries.projects import members_of
from curation.queries.threads import open_marks
from rickproject.lib.sse import PING, event, stream_events

from .work_places import place_card

TICK_SECONDS = 1.0
STAY_SECONDS = 4.0
PING_SECONDS = 15.0
LIFE_SECONDS = 240.0  # then the browser asks again, and its right to it is looked at again
MOST_STREAMS = 400
RETRY_SECONDS = 30
_NOTHING_YET = object()

open_episodes = OpenEpisodes()
presence = Presence()


@login_required
@require_safe
async def reader_live(request: HttpRequest, slug: str, pk: int) -> HttpResponseBase:
    """Stream what happens to an episode's shared scenes; 204 where there is nothing to share."""
    person, episode, people = await sync_to_async(_enter)(request, slug, pk)
    if episode is None:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    if len(open_episodes) >= MOST_STREAMS:
        busy = HttpResponse(status=HTTPStatus.SERVICE_UNAVAILABLE)
        busy["Retry-After"] = str(RETRY_SECONDS)
        return busy
    return stream_events(live_events(person, episode, people))


async def live_events(
    person: User, episode: Episode, people: dict[int, str]
) -> AsyncIterator[bytes]:
    """Yield what the page of one person is told, until the scenes are shared no more.

    ``scenes`` whenever their revision, state or notes change, ``people`` when others come or go,
    ``marks`` with the open threads by line, ``place`` with whose the work is, as HTML, and
    ``bell`` when something new is to be read.

    Args:
        people: names of those who may work on the episode, by id.
    """
    viewer = Viewer(person, episode, people)
    begun = sent = time.monotonic()
    with open_episodes.watching(episode.pk, person.pk):
        try:
            while time.monotonic() - begun < LIFE_SECONDS:
                news = await _aside(viewer.look)
                if news is None:
                    yield event("closed", {})
                    return
                for name, facts in news:
                    yield event(name, facts)
                if news:
                    sent = time.monotonic()
                elif time.monotonic() - sent >= PING_SECONDS:
                    sent = time.monotonic()
                    yield PING
                await asyncio.sleep(TICK_SECONDS)
        finally:
            await _aside(presence.leave, episode.pk, person.pk)


class Viewer:
    """One open page, and what it knows already."""

    def __init__(self, person: User, episode: Episode, people: dict[int, str]) -> None:
        self.person, self.episode, self.people = person, episode, people
        self._scenes: object = None
        self._there: list[str] = []
        self._stayed = time.monotonic() - STAY_SECONDS
        self._talk: object = _NOTHING_YET
        self._places: object = _NOTHING_YET
        self._told: object = _NOTHING_YET

    def look(self) -> list[tuple[str, dict[str, Any]]] | None:
        """Return the events since the last look; None once the scenes are shared no more."""
        now = open_episodes.now(self.episode.pk)
        if now is not None and not now.is_open:
            return None
        news: list[tuple[str, dict[str, Any]]] = []
        if now is not None and now != self._scenes:
            self._scenes = now
            news.append(("scenes", asdict(now)))
        news += self._people()
        try:
            news += self._beside()
        except DatabaseError:
            pass  # the next look asks again
        finally:
            if not connection.in_atomic_block:
                connection.close()
        return news

    def _people(self) -> list[tuple[str, dict[str, Any]]]:
        here = self.episode.pk, self.person.pk
        if time.monotonic() - self._stayed >= STAY_SECONDS:
            self._stayed = time.monotonic()
            presence.stay(*here)
        found = presence.others(here[0], user_id=here[1], people=self.people)
        if found == self._there:
            return []
        self._there = found
        return [("people", {"names": found})]

    def _beside(self) -> list[tuple[str, dict[str, Any]]]:
        talk, places, told = open_episodes.news(self.episode.pk, self.person.pk)
        news: list[tuple[str, dict[str, Any]]] = []
        if talk != self._talk:
            news.append(("marks", {"open": dict(open_marks(self.person, self.episode))}))
            self._talk = talk
        if places != self._places:
            if self._places is not _NOTHING_YET:  # the page has just been told
                card = place_card(self.person, self.episode)
                context = {"project": self.episode.script.project, "place": card}
                html = render_to_string("curation/work/_place.html", context)
                news.append(("place", {"html": html}))
            self._places = places
        if told != self._told:
            if self._told is not _NOTHING_YET:
                news.append(("bell", {}))
            self._told = told
        return news


def _enter(request: HttpRequest, slug: str, pk: int) -> tuple[User, Episode | None, dict[int, str]]:
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
        return person, episode, people
    finally:
        if not connection.in_atomic_block:
            connection.close()


async def _aside(step: Callable[..., Any], *facts: object) -> Any:
    """Run what may wait in a thread of its own, not in the one that answers requests."""
    return await sync_to_async(step, thread_sensitive=False)(*facts)
