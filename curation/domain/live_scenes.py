"""What happens to an episode's shared scenes while people have it open, and who they are.

A page that is open holds no database connection. The revisions of all episodes that are open in
this process are read together, at most once a second; who is there is kept in the cache for a few
seconds at a time. Without the cache nobody is shown; the scenes stay live.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.models import Q, Sum
from redis.exceptions import RedisError

from curation.domain.live_news import News, read_news
from curation.enums import SegmentationMode, SegmentationState
from curation.models import Segmentation

READ_SECONDS = 1.0
HERE_SECONDS = 12
QUIET_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class SharedScenes:
    """How an episode's agreed layer stands.

    Attributes:
        is_open: the team edits it together.
        notes: changes with every title and note that somebody writes.
    """

    revision: int
    state: str
    by: str
    is_open: bool
    notes: int


class OpenEpisodes:
    """The episodes that are open in this process, and how their shared scenes stand."""

    def __init__(self) -> None:
        self._open: Counter[int] = Counter()
        self._people: Counter[int] = Counter()
        self._news = News()
        self._found: dict[int, SharedScenes] = {}
        self._read_at = 0.0

    @contextmanager
    def watching(self, episode_id: int, user_id: int = 0) -> Iterator[None]:
        """Count an episode as open, by a person."""
        self._open[episode_id] += 1
        self._people[user_id] += 1
        self._read_at = 0.0
        try:
            yield
        finally:
            self._open -= Counter({episode_id: 1})
            self._people -= Counter({user_id: 1})

    def __len__(self) -> int:
        return self._open.total()

    def now(self, episode_id: int) -> SharedScenes | None:
        """Return how the scenes stand, at most a second old; None before their first edit.

        An outage of the database leaves the last answer standing.
        """
        if time.monotonic() - self._read_at >= READ_SECONDS:
            self._read_at = time.monotonic()
            try:
                self._found = read_shared_scenes(list(self._open))
                self._news = read_news(list(self._open), list(self._people))
            except DatabaseError:
                pass
            finally:
                if not connection.in_atomic_block:
                    connection.close()
        return self._found.get(episode_id)

    def news(self, episode_id: int, user_id: int) -> tuple[object, object, object]:
        """Return the marks of what happens beside, as they were when the scenes were read."""
        return self._news.of(episode_id, user_id)


def read_shared_scenes(episodes: Iterable[int]) -> dict[int, SharedScenes]:
    """Return how the agreed layers of episodes stand, in one query."""
    layers = Segmentation.objects.filter(episode__in=list(episodes), annotator=None)
    active = Q(boundaries__is_active=True)
    rows = layers.annotate(
        notes=Sum("boundaries__note_revision", filter=active, default=0)
    ).values_list(
        "episode_id",
        "revision",
        "state",
        "updated_by__username",
        "episode__script__project__segmentation_mode",
        "notes",
    )
    return {
        episode: SharedScenes(
            revision,
            state,
            by or "",
            mode == SegmentationMode.SHARED or state != SegmentationState.UNTOUCHED,
            notes,
        )
        for episode, revision, state, by, mode, notes in rows
    }


class Presence:
    """Who has an episode open, as the cache remembers it; silent for a while after it failed."""

    def __init__(self) -> None:
        self._quiet_until = 0.0

    def stay(self, episode_id: int, user_id: int) -> None:
        """Say that a person is there for the next seconds."""
        self._try(lambda: cache.set(_key(episode_id, user_id), 1, HERE_SECONDS))

    def leave(self, episode_id: int, user_id: int) -> None:
        """Say that a person left; another window of theirs says otherwise in a moment."""
        self._try(lambda: cache.delete(_key(episode_id, user_id)))

    def others(self, episode_id: int, *, user_id: int, people: Mapping[int, str]) -> list[str]:
        """Return the names of colleagues who are there, in the order of ``people``."""
        keys = {_key(episode_id, pk): name for pk, name in people.items() if pk != user_id}
        found: dict[str, object] = {}
        self._try(lambda: found.update(cache.get_many(keys)))
        return [name for key, name in keys.items() if key in found]

    def _try(self, step: Callable[[], object]) -> None:
        if time.monotonic() < self._quiet_until:
            return
        try:
            step()
        except (RedisError, OSError):
            self._quiet_until = time.monotonic() + QUIET_SECONDS


def _key(episode_id: int, user_id: int) -> str:
    return f"here:{episode_id}:{user_id}"
