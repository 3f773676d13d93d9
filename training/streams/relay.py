"""One reply on its way: a task reads from the model, the response hands on.

What arrives while the person's connection is busy goes out in one piece.
"""

import asyncio
import time
from typing import Any

from django.db import close_old_connections, connection

from training.access.chat import Talker
from training.domain.chat import alone, close_reply, request_body
from training.domain.reply_costs import reply_cost
from training.enums import MessageState
from training.models import Message, ModelVersion
from training.providers.chat_events import Delta
from training.providers.chat_stream import read_reply
from training.providers.model_server import ModelServerError, find_endpoint

PING_SECONDS = 15.0
BEGIN_SECONDS = 10.0  # until the first part is asked for; who has left before never asks
FACTS = ("finish_reason", "prompt_tokens", "completion_tokens")


class AccessEndedError(ModelServerError):
    """The person may not listen any more."""

    code = "access_ended"

    def __init__(self) -> None:
        super().__init__(
            "You were logged out, or may no longer chat here, so the reply was stopped."
        )


class _EnoughError(Exception):
    """Nothing more is wanted of this reply, which is complete as it is."""


class Relay:
    """One reply on its way; ``facts`` is what is known of it.

    Attributes:
        before: how many replies the model server writes first, as far as it has said so.
    """

    tells_queue = False

    def __init__(
        self, talker: Talker, *, model: ModelVersion | None, body: dict[str, Any] | None = None
    ) -> None:
        self.talker, self.model, self.body = talker, model, body or {}
        self.facts: dict[str, Any] = {"content": ""}
        self.state = MessageState.STOPPED
        self.before: int | None = None
        self.opened_at = self.sent_at = time.monotonic()
        self._waiting: list[str] = []
        self._fault: ModelServerError | None = None
        self._news: asyncio.Future[None] | None = None  # while somebody waits for it
        self._pump: asyncio.Task[None] | None = None
        self._is_over = False

    @property
    def seconds(self) -> float:
        """How long the reply has taken so far."""
        return time.monotonic() - self.opened_at

    async def part(self) -> str | None:
        """Return what has come since the last call, waiting for it; None at the end.

        An empty text is a sign of life, or news of ``before``.

        Raises:
            ModelServerError: the reply ended badly.
        """
        self._pump = self._pump or asyncio.ensure_future(self._read())
        if not self._waiting and not self._is_over:
            self._news = asyncio.get_running_loop().create_future()
            await self._news
        if self._waiting:
            self.sent_at = time.monotonic()
            text = "".join(self._waiting)
            self._waiting.clear()
            self.facts["content"] += text
            return text
        if self._is_over:
            await self._end()
            return None
        self.sent_at = time.monotonic()
        return ""

    async def _end(self) -> None:
        if self._fault is None and self._pump is not None:
            self.state = MessageState.FAILED
            await self._pump  # raises what nobody foresaw
            self.state = MessageState.COMPLETE
        if self._fault:
            self.state = MessageState.FAILED
            self.facts |= {"error_code": self._fault.code, "error_detail": str(self._fault)}
            raise self._fault

    async def _read(self) -> None:
        try:
            if self.model is None:
                return
            endpoint = await find_endpoint(self.model.provider)
            await read_reply(endpoint, self.body, take=self._take)
        except _EnoughError:
            self.facts["finish_reason"] = "stop"
        except ModelServerError as fault:
            self._fault = self._fault or fault
        finally:
            self._is_over = True
            self._tell()

    def _tell(self) -> None:
        """Let :meth:`part` look again."""
        if self._news and not self._news.done():
            self._news.set_result(None)

    def _take(self, delta: Delta) -> None:
        if delta.before is not None and delta.before != self.before:
            self.before = delta.before
            if self.tells_queue:
                self._tell()
        if delta.text:
            if "first_token_ms" not in self.facts:
                self.facts["first_token_ms"] = round(self.seconds * 1000)
            self._waiting.append(delta.text)
            self._tell()
        if delta.finish_reason is not None or delta.completion_tokens is not None:
            found = {name: getattr(delta, name) for name in FACTS}
            self.facts |= {name: value for name, value in found.items() if value is not None}

    def end_access(self) -> None:
        """End the reply because the person may not listen any more."""
        self._fault = AccessEndedError()
        self._waiting.clear()
        if self._pump:
            self._pump.cancel()

    def show_life(self) -> None:
        """Let an empty text out if nothing was sent for a while."""
        if time.monotonic() - self.sent_at >= PING_SECONDS:
            self._tell()

    async def close_upstream(self) -> None:
        """End the generation if it still goes on."""
        if self._pump:
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)

    @property
    def was_never_read(self) -> bool:
        """Whether the person had left before the first part was asked for."""
        return self._pump is None and self.seconds > BEGIN_SECONDS

    def store(self) -> None:
        """Store what came of the reply; needs a thread that may use the database."""
        raise NotImplementedError


class MessageRelay(Relay):
    """A reply of a conversation, which keeps it; it is the character's alone."""

    tells_queue = True

    def __init__(self, reply: Message, talker: Talker) -> None:
        body = request_body(reply) if reply.model else None
        super().__init__(talker, model=reply.model, body=body)
        self.reply = reply
        self._spoken = alone(reply)

    async def _read(self) -> None:
        try:
            await super()._read()
        finally:
            if self._spoken:
                if rest := self._spoken.rest():
                    self._waiting.append(rest)
                self.facts["spoke_for_others"] = self._spoken.is_over
                self.facts["echoed_name"] = self._spoken.echoed_name

    def _take(self, delta: Delta) -> None:
        if self._spoken and delta.text:
            delta = delta._replace(text=self._spoken.feed(delta.text))
        super()._take(delta)
        if self._spoken and self._spoken.is_over:
            raise _EnoughError

    def store(self) -> None:
        """Store what came of the reply."""
        self.facts["total_ms"] = round(self.seconds * 1000)
        if self.model:
            self.facts["usd"] = reply_cost(
                self.model,
                prompt_tokens=self.facts.get("prompt_tokens"),
                completion_tokens=self.facts.get("completion_tokens"),
            )
        close_reply(self.reply, state=self.state, **self.facts)
        let_the_database_go()


def let_the_database_go(*, thread_lasts: bool = True) -> None:
    """Close this thread's connection unless its thread keeps it for the next request."""
    if connection.in_atomic_block:  # a caller's transaction still needs it
        return
    if thread_lasts:
        close_old_connections()
    else:
        connection.close()
