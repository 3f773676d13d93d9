"""One thread that writes for everybody: admits requests, loads models, decodes in batches."""

import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from training.serving.generation import Generation, prepare, tell_token
from training.serving.limits import MIB, Limits, stopping, unforeseen
from training.serving.loading import LoadedModel, load_model
from training.serving.places import place_of
from training.serving.protocol import RequestError
from training.serving.shelf import NoRoomError, Shelf

IDLE_SECONDS = 0.2
RETRY_AFTER_SECONDS = 2


class Engine:
    """Owns the models. ``submit`` and ``counts`` may be called from any thread."""

    def __init__(self, limits: Limits, *, load: Callable[..., LoadedModel] = load_model) -> None:
        """Start nothing yet; the thread begins with the first request."""
        self.limits = limits
        self._wake = threading.Condition()
        self._waiting: list[Generation] = []
        self._shelf = Shelf(limits, load=load, notify=self._notify)
        self._thread: threading.Thread | None = None
        self._closed = False

    def submit(self, generation: Generation) -> None:
        """Queue a request.

        Raises:
            RequestError: status 429: too many are waiting already; 503: shutting down.
        """
        generation.place = place_of(generation.entry, self.limits)
        with self._wake:
            if self._closed:
                raise stopping()
            if self._count() >= self.limits.waiting:
                raise RequestError(
                    "Too many replies are being written. Try again in a moment.",
                    status=429,
                    code="rate_limit_exceeded",
                )
            self._waiting.append(generation)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
                self._thread.start()
            self._wake.notify()

    def counts(self) -> dict[str, Any]:
        """Return what ``/healthz`` tells."""
        with self._wake:
            sizes = {
                Path(place).name: round(model.size_bytes / MIB, 1)
                for place, model in self._models()
            }
            return {
                "writing": sum(len(model.writing) for _, model in self._models()),
                "waiting": len(self._waiting),
                "loaded": sorted(name for _, model in self._models() for name in model.names),
                "loaded_mib": dict(sorted(sizes.items())),
                "used_mib": round(self._shelf.used_bytes / MIB, 1),
                "limit_mib": self.limits.memory_mib,
                "loading": self._shelf.loading,
            }

    def replies_before(self, generation: Generation) -> int | None:
        """Return how many replies wait before one in its batch; None once it is being written.

        The first that waits has none before it: its model is being loaded, or its batch is full.
        """
        with self._wake:
            beside = [one for one in self._waiting if one.place == generation.place]
            return beside.index(generation) if generation in beside else None

    def close(self) -> None:
        """Take no more requests; those under way go on."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._shelf.close()

    def wait_until_idle(self, timeout_seconds: float) -> bool:
        """Wait until nobody waits for a reply any more; return whether that came to pass."""
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline:
            with self._wake:
                if not self._count():
                    return True
            time.sleep(0.02)
        return False

    def _count(self) -> int:
        return len(self._waiting) + sum(len(model.writing) for _, model in self._models())

    def _models(self) -> list[tuple[str, LoadedModel]]:
        return list(self._shelf.models.items())

    def _run(self) -> None:
        while True:
            with self._wake:
                if not any(model.writing for _, model in self._models()):
                    if self._closed and not self._waiting:
                        return
                    is_busy = self._waiting or self._shelf.loading
                    self._wake.wait(IDLE_SECONDS if is_busy else None)
            try:
                self._turn()
            except Exception as error:  # noqa: BLE001  (readers wait; the thread must not end)
                traceback.print_exc(file=sys.stderr)
                self._give_up(error)

    def _turn(self) -> None:
        """One round: who left, who came, one token for everybody."""
        self._drop_cancelled()
        for place, error in self._shelf.finish():
            self._refuse([item for item in self._waiting if item.place == place], error)
        self._admit()
        for _, loaded in self._models():
            if not loaded.writing:
                continue
            loaded.used_at = time.monotonic()
            try:
                loaded.batch.step()
                self._tell(loaded, list(loaded.writing))
            except Exception as error:  # noqa: BLE001  (the other models' readers go on)
                self._fail_model(loaded, error)

    def _give_up(self, error: Exception) -> None:
        """Tell everybody who waits that it failed, and begin again with no model loaded."""
        with self._wake:
            written = [item for _, model in self._models() for item in model.writing]
            told = [*self._waiting, *written]
            self._waiting = []
            self._shelf.models.clear()
        for item in told:
            item.tell(unforeseen(error))

    def _fail_model(self, loaded: LoadedModel, error: Exception) -> None:
        """Tell those who read a model that it failed, and let it go; it loads anew when asked."""
        traceback.print_exception(error, file=sys.stderr)
        with self._wake:
            self._shelf.models.pop(loaded.place, None)
        for item in loaded.writing:
            item.tell(unforeseen(error))

    def _drop_cancelled(self) -> None:
        with self._wake:
            self._waiting = [item for item in self._waiting if not item.cancelled]
        for _, loaded in self._models():
            if gone := [item for item in loaded.writing if item.cancelled]:
                self._leave(loaded, gone)

    def _refuse(self, refused: list[Generation], error: BaseException) -> None:
        refusal = error if isinstance(error, RequestError) else _failed(error)
        with self._wake:
            self._waiting = [item for item in self._waiting if item not in refused]
        for item in refused:
            item.tell(refusal)

    def _admit(self) -> None:
        """Let waiting requests join the batch of their model, oldest first, or load it."""
        with self._wake:
            by_name: dict[str, list[Generation]] = {}
            for item in self._waiting:
                by_name.setdefault(item.entry.name, []).append(item)
        for waiting in by_name.values():
            for item in waiting:  # a model that was replaced meanwhile answers as it is now
                item.entry, item.place = waiting[-1].entry, waiting[-1].place
            there = self._shelf.models.get(waiting[-1].place)
            if there and not self._free_rows(there):
                continue
            try:
                loaded = self._shelf.prepare(waiting[-1].place, waiting[-1].entry)
            except NoRoomError:
                return  # those who came later must not keep the memory from it
            except Exception as error:  # noqa: BLE001  (what cannot be had is refused alone)
                self._refuse(waiting, error)
                continue
            if loaded:
                self._join(loaded, waiting[: self._free_rows(loaded)])

    def _free_rows(self, loaded: LoadedModel) -> int:
        return max(self.limits.rows - len(loaded.writing), 0) if loaded.batch.can_join else 0

    def _notify(self) -> None:
        with self._wake:
            self._wake.notify()

    def _join(self, loaded: LoadedModel, chosen: list[Generation]) -> None:
        with self._wake:
            self._waiting = [item for item in self._waiting if item not in chosen]
            loaded.writing += chosen
        ready = [item for item in chosen if self._is_prepared(item, loaded)]
        self._leave(loaded, [item for item in chosen if item not in ready])
        if ready:
            try:
                loaded.batch.join([item.row for item in ready if item.row])
                self._tell(loaded, ready)
            except Exception as error:  # noqa: BLE001  (the other models' readers go on)
                self._fail_model(loaded, error)

    def _is_prepared(self, item: Generation, loaded: LoadedModel) -> bool:
        try:
            prepare(item, loaded)
        except RequestError as refusal:
            item.tell(refusal)
        except Exception as error:  # noqa: BLE001  (a request that fails fails alone)
            item.tell(_failed(error))
        else:
            return True
        return False

    def _tell(self, loaded: LoadedModel, writing: list[Generation]) -> None:
        done = [item for item in writing if item.cancelled or _tell_one(item, loaded)]
        if done:
            self._leave(loaded, done)

    def _leave(self, loaded: LoadedModel, gone: list[Generation]) -> None:
        if rows := [item.row for item in gone if item.row in loaded.batch.rows]:
            loaded.batch.leave([row for row in rows if row])
        with self._wake:
            loaded.writing = [item for item in loaded.writing if item not in gone]


def _tell_one(item: Generation, loaded: LoadedModel) -> bool:
    """Send what the newest token adds; return whether nothing more comes."""
    try:
        if item.row is not None and item.row.failure is not None:
            raise item.row.failure
        return tell_token(item, loaded)
    except Exception as error:  # noqa: BLE001  (a request that fails fails alone)
        item.tell(_failed(error))
        return True


def _failed(error: BaseException) -> RequestError:
    traceback.print_exception(error, file=sys.stderr)
    return unforeseen(error)
