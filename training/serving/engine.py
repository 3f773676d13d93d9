"""One thread that writes for everybody: admits requests, loads models, decodes in batches."""

import sys
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from training.serving.generation import Generation, prepare, tell_token
from training.serving.limits import MIB, Limits, too_large, unforeseen
from training.serving.loading import LoadedModel, load_model, weight_bytes
from training.serving.protocol import RequestError
from training.serving.registry import ModelEntry

IDLE_SECONDS = 0.2
RETRY_AFTER_SECONDS = 2


class Engine:
    """Owns the models. ``submit`` and ``counts`` may be called from any thread."""

    def __init__(self, limits: Limits, *, load: Callable[..., LoadedModel] = load_model) -> None:
        """Start nothing yet; the thread begins with the first request."""
        self.limits = limits
        self._load = load
        self._wake = threading.Condition()
        self._waiting: list[Generation] = []
        self._writing: dict[str, list[Generation]] = {}
        self._models: dict[str, LoadedModel] = {}
        self._loading: dict[str, tuple[ModelEntry, Future[LoadedModel], int]] = {}
        self._sizes: dict[str, int] = {}  # in memory, by fingerprint, once a model was loaded
        self._loader = ThreadPoolExecutor(1, thread_name_prefix="model-loader")
        self._thread: threading.Thread | None = None
        self._closed = False

    def submit(self, generation: Generation) -> None:
        """Queue a request.

        Raises:
            RequestError: status 429: too many are waiting already; 503: shutting down.
        """
        with self._wake:
            if self._closed:
                raise _stopping()
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
            return {
                "writing": sum(map(len, self._writing.values())),
                "waiting": len(self._waiting),
                "loaded": sorted(self._models),
                "loaded_mib": {
                    name: round(model.size_bytes / MIB, 1)
                    for name, model in sorted(self._models.items())
                },
                "used_mib": round(self._used_bytes() / MIB, 1),
                "limit_mib": self.limits.memory_mib,
                "loading": sorted(self._loading),
            }

    def replies_before(self, generation: Generation) -> int | None:
        """Return how many replies of its model wait before one; None once it is being written.

        The first that waits has none before it: its model is being loaded, or its batch is full.
        """
        with self._wake:
            of_model = [one for one in self._waiting if one.entry.name == generation.entry.name]
            return of_model.index(generation) if generation in of_model else None

    def close(self) -> None:
        """Take no more requests; those under way go on."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._loader.shutdown(wait=False, cancel_futures=True)

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
        return len(self._waiting) + sum(map(len, self._writing.values()))

    def _run(self) -> None:
        while True:
            with self._wake:
                if not any(self._writing.values()):
                    if self._closed and not self._waiting:
                        return
                    self._wake.wait(IDLE_SECONDS if self._waiting or self._loading else None)
            try:
                self._turn()
            except Exception as error:  # noqa: BLE001  (readers wait; the thread must not end)
                traceback.print_exc(file=sys.stderr)
                self._give_up(error)

    def _turn(self) -> None:
        """One round: who left, who came, one token for everybody."""
        self._drop_cancelled()
        self._finish_loading()
        self._admit()
        for name in [name for name, rows in self._writing.items() if rows]:
            loaded = self._models[name]
            loaded.used_at = time.monotonic()
            try:
                loaded.batch.step()
                self._tell(loaded, list(self._writing[name]))
            except Exception as error:  # noqa: BLE001  (the other models' readers go on)
                self._fail_model(name, error)

    def _give_up(self, error: Exception) -> None:
        """Tell everybody who waits that it failed, and begin again with no model loaded."""
        with self._wake:
            waiting = [*self._waiting, *(item for rows in self._writing.values() for item in rows)]
            self._waiting = []
            self._writing, self._models = {}, {}
        for item in waiting:
            item.tell(unforeseen(error))

    def _fail_model(self, name: str, error: Exception) -> None:
        """Tell those who read a model that it failed, and let it go; it loads anew when asked."""
        traceback.print_exception(error, file=sys.stderr)
        with self._wake:
            failed = self._writing.pop(name, [])
            self._models.pop(name, None)
        for item in failed:
            item.tell(unforeseen(error))

    def _drop_cancelled(self) -> None:
        with self._wake:
            self._waiting = [item for item in self._waiting if not item.cancelled]
        for name, writing in self._writing.items():
            if gone := [item for item in writing if item.cancelled]:
                self._leave(self._models[name], gone)

    def _finish_loading(self) -> None:
        for name, (entry, future, _) in list(self._loading.items()):
            if not future.done():
                continue
            del self._loading[name]
            error = _stopping() if future.cancelled() else future.exception()
            if error:
                self._refuse(name, error)
                continue
            loaded = future.result()
            loaded.used_at = time.monotonic()
            self._sizes[entry.fingerprint] = loaded.size_bytes
            if self._make_room(loaded.size_bytes, keep=name):
                self._models[name] = loaded
                self._writing.setdefault(name, [])
            # else it is larger than its files: its readers wait for room, or are refused

    def _refuse(self, name: str, error: BaseException) -> None:
        refusal = error if isinstance(error, RequestError) else unforeseen(error)
        with self._wake:
            refused = [item for item in self._waiting if item.entry.name == name]
            self._waiting = [item for item in self._waiting if item.entry.name != name]
        for item in refused:
            item.tell(refusal)

    def _admit(self) -> None:
        """Let waiting requests join the batch of their model, oldest first, or load it."""
        with self._wake:
            names = list(dict.fromkeys(item.entry.name for item in self._waiting))
        for name in names:
            waiting = [item for item in self._waiting if item.entry.name == name]
            loaded = self._models.get(name)
            if loaded is None or loaded.entry.fingerprint != waiting[-1].entry.fingerprint:
                if not self._begin_loading(waiting[-1].entry):
                    return  # those who came later must not keep the memory from it
            elif loaded.batch.can_join:
                free = self.limits.rows - len(self._writing[name])
                if chosen := waiting[: max(free, 0)]:
                    self._join(loaded, chosen)

    def _begin_loading(self, entry: ModelEntry) -> bool:
        """Load a model; return False if it must wait until readers of others give back memory."""
        if entry.name in self._loading:
            return True
        if entry.name in self._models:  # replaced: its last readers first
            if self._writing[entry.name]:
                return True
            del self._models[entry.name], self._writing[entry.name]
        try:
            size = self._sizes.get(entry.fingerprint) or weight_bytes(entry)
        except OSError as error:  # its files go while they are counted
            self._refuse(entry.name, error)
            return True
        if size > self.limits.memory_bytes:
            self._refuse(entry.name, too_large(entry, size, self.limits))
            return True
        if not self._make_room(size, keep=entry.name):
            return False
        self._load_in_background(entry, size)
        return True

    def _load_in_background(self, entry: ModelEntry, size: int) -> None:
        try:
            future = self._loader.submit(self._load, entry, threads=self.limits.threads)
        except RuntimeError:  # the server shuts down; what is being written goes on
            self._refuse(entry.name, _stopping())
            return
        future.add_done_callback(lambda _: self._notify())
        self._loading[entry.name] = (entry, future, size)

    def _used_bytes(self) -> int:
        loaded = sum(model.size_bytes for model in list(self._models.values()))
        return loaded + sum(size for _, _, size in list(self._loading.values()))

    def _make_room(self, size: int, *, keep: str) -> bool:
        """Let go of models nobody reads, the longest unused first; return whether it is enough."""
        idle = [name for name, rows in self._writing.items() if not rows and name != keep]
        for name in sorted(idle, key=lambda name: self._models[name].used_at):
            if size + self._used_bytes() <= self.limits.memory_bytes:
                return True
            del self._models[name], self._writing[name]
        return size + self._used_bytes() <= self.limits.memory_bytes

    def _notify(self) -> None:
        with self._wake:
            self._wake.notify()

    def _join(self, loaded: LoadedModel, chosen: list[Generation]) -> None:
        with self._wake:
            self._waiting = [item for item in self._waiting if item not in chosen]
            self._writing[loaded.entry.name] += chosen
        ready = [item for item in chosen if self._is_prepared(item, loaded)]
        self._leave(loaded, [item for item in chosen if item not in ready])
        if ready:
            try:
                loaded.batch.join([item.row for item in ready if item.row])
                self._tell(loaded, ready)
            except Exception as error:  # noqa: BLE001  (the other models' readers go on)
                self._fail_model(loaded.entry.name, error)

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
            writing = self._writing[loaded.entry.name]
            self._writing[loaded.entry.name] = [item for item in writing if item not in gone]


def _stopping() -> RequestError:
    return RequestError("The server is shutting down.", status=503, code="stopping")


def _tell_one(item: Generation, loaded: LoadedModel) -> bool:
    """Send what the newest token adds; return whether nothing more comes."""
    try:
        if item.row is not None and item.row.failure is not None:
            raise item.row.failure
        return tell_token(item, loaded)
    except Exception as error:  # noqa: BLE001  (a request that fails fails alone)
        item.tell(_failed(error))
        return True


def _failed(error: Exception) -> RequestError:
    traceback.print_exception(error, file=sys.stderr)
    return unforeseen(error)
