"""The replies that this process streams now: how many there may be, and who may still listen.

One watcher for all of them looks every two seconds and holds no database connection in between.
"""

import asyncio
import contextvars
import logging
from collections.abc import Callable, Collection
from typing import TypeVar

from asgiref.sync import sync_to_async
from django.db import DatabaseError

from rickproject.config import get_config
from rickproject.lib.limits import LimitReachedError
from training.access.chat import Talker, still_talking
from training.streams.relay import Relay, let_the_database_go

WATCH_SECONDS = 2.0
MISSED_LOOKS = 3  # without an answer of the database; then nobody may listen any more
RETRY_SECONDS = 5

logger = logging.getLogger(__name__)
RelayT = TypeVar("RelayT", bound=Relay)


class OpenReplies:
    """The replies under way in one process; used from its event loop only."""

    def __init__(self) -> None:
        self.relays: set[Relay] = set()
        self._opening = 0
        self._missed = 0
        self._watcher: asyncio.Task[None] | None = None

    async def open(self, make: Callable[[], RelayT]) -> RelayT:
        """Let a reply in, made by ``make`` in a thread that may use the database.

        It is let in even if the person leaves meanwhile, so that the watcher closes it.

        Raises:
            LimitReachedError: as many are open as one process may have.
        """
        if len(self.relays) + self._opening >= get_config().chat_streams_per_process:
            raise LimitReachedError(
                "Everybody is talking at once. Try again in a few seconds.",
                retry_after_seconds=RETRY_SECONDS,
            )
        self._opening += 1
        return await asyncio.shield(self._admit(make))

    async def _admit(self, make: Callable[[], RelayT]) -> RelayT:
        try:
            relay = await sync_to_async(make)()
        finally:
            self._opening -= 1
        self.relays.add(relay)
        self._watch()
        return relay

    async def close(self, relay: Relay) -> None:
        """End a reply's generation, store what came of it, and give its place back; once."""
        if relay not in self.relays:
            return
        self.relays.discard(relay)
        await relay.close_upstream()
        await sync_to_async(relay.store)()

    def _watch(self) -> None:
        """Have one watcher in this event loop, outside every request's context."""
        loop = asyncio.get_running_loop()
        is_watching = self._watcher and not self._watcher.done()
        if not is_watching or (self._watcher and self._watcher.get_loop() is not loop):
            self._watcher = loop.create_task(
                self._look_now_and_then(), context=contextvars.Context()
            )

    async def _look_now_and_then(self) -> None:
        loop = asyncio.get_running_loop()
        while self.relays:
            await asyncio.sleep(WATCH_SECONDS)
            relays = list(self.relays)
            allowed = await loop.run_in_executor(None, _look, {relay.talker for relay in relays})
            self._missed = 0 if allowed is not None else self._missed + 1
            if allowed is None:
                allowed = set() if self._missed >= MISSED_LOOKS else {r.talker for r in relays}
            for relay in relays:
                if relay.was_never_read:
                    self.relays.discard(relay)
                    await loop.run_in_executor(None, relay.store)
                elif relay.talker not in allowed:
                    relay.end_access()
                else:
                    relay.show_life()


def _look(talkers: Collection[Talker]) -> set[Talker] | None:
    """Return who may still listen; None when the database does not answer."""
    try:
        return still_talking(talkers)
    except DatabaseError:
        logger.warning("who may still listen could not be looked up", exc_info=True)
        return None
    finally:
        let_the_database_go()


OPEN_REPLIES = OpenReplies()
