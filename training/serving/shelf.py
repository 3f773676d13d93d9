"""The models in memory and on their way there: never more than the memory allows."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from training.serving.limits import Limits, stopping, too_large, unforeseen
from training.serving.loading import LoadedModel, broken
from training.serving.places import bytes_in, weight_bytes
from training.serving.registry import ModelEntry


class Shelf:
    """Models by their place. Only the thread that writes may change it; anybody may look."""

    def __init__(
        self, limits: Limits, *, load: Callable[..., LoadedModel], notify: Callable[[], None]
    ) -> None:
        """Begin empty.

        Args:
            load: is given the entry, ``place`` and ``threads``; runs in a thread.
            notify: is called from that thread when a model is there.
        """
        self.limits = limits
        self.models: dict[str, LoadedModel] = {}
        self._load, self._notify = load, notify
        self._loading: dict[str, tuple[ModelEntry, Future[LoadedModel], int]] = {}
        self._sizes: dict[str, int] = {}  # in memory, once a model was loaded
        self._loader = ThreadPoolExecutor(1, thread_name_prefix="model-loader")

    @property
    def loading(self) -> list[str]:
        """Return the names of the models on their way."""
        return sorted(entry.name for entry, _, _ in list(self._loading.values()))

    @property
    def used_bytes(self) -> int:
        """Return what all weights take, those on their way too."""
        loaded = sum(model.size_bytes for model in list(self.models.values()))
        return loaded + sum(size for _, _, size in list(self._loading.values()))

    def close(self) -> None:
        """Load nothing more."""
        self._loader.shutdown(wait=False, cancel_futures=True)

    def prepare(self, place: str, entry: ModelEntry) -> LoadedModel | None:
        """Return the model of an entry if it can be written now, else begin to get it.

        Returns:
            None while it is being loaded, and while its predecessor is still read.

        Raises:
            RequestError: it cannot be had; the sentence says why.
            NoRoomError: others must give back memory first.
        """
        loaded = self.models.get(place)
        if loaded is None:
            self._begin(place, entry)
        elif loaded.has(entry):
            return loaded
        elif loaded.adapters:
            return self._with_adapter(loaded, entry)
        elif not loaded.writing:  # replaced: its last readers were first
            del self.models[place]
            self._begin(place, entry)
        return None

    def finish(self) -> Iterator[tuple[str, BaseException]]:
        """Take up what is loaded by now; yield the places where that failed, and why."""
        for place, (entry, future, _) in list(self._loading.items()):
            if not future.done():
                continue
            del self._loading[place]
            if error := stopping() if future.cancelled() else future.exception():
                yield place, error
                continue
            loaded = future.result()
            self._sizes[_key(place, entry)] = loaded.size_bytes
            if self._make_room(loaded.size_bytes, keep=place):
                self.models[place] = loaded
            # else it is larger than its files: its readers wait for room, or are refused

    def _begin(self, place: str, entry: ModelEntry) -> None:
        if place in self._loading:
            return
        try:
            size = self._sizes.get(_key(place, entry)) or _size_on_disk(place, entry)
        except OSError as error:  # its files go while they are counted
            raise unforeseen(error) from error
        if size > self.limits.memory_bytes:
            raise too_large(entry, size, self.limits)
        if not self._make_room(size, keep=place):
            raise NoRoomError
        try:
            future = self._loader.submit(
                self._load, entry, place=place, threads=self.limits.threads
            )
        except RuntimeError as error:  # the server shuts down; what is being written goes on
            raise stopping() from error
        self._loading[place] = (entry, future, size)
        future.add_done_callback(lambda _: self._notify())

    def _with_adapter(self, loaded: LoadedModel, entry: ModelEntry) -> LoadedModel:
        """Lay an adapter over a base that is here already; the base's other readers wait for it."""
        assert loaded.adapters is not None  # noqa: S101
        assert entry.adapter_dir is not None  # noqa: S101
        try:
            size = bytes_in(entry.adapter_dir)
            if loaded.base_bytes + size > self.limits.memory_bytes:
                raise too_large(entry, loaded.base_bytes + size, self.limits)
            while not self._make_room(size, keep=loaded.place):
                if not loaded.adapters.detach_unread():
                    raise NoRoomError
            loaded.adapters.attach(entry)
        except (OSError, ValueError, RuntimeError) as error:
            raise broken(entry, error) from error
        return loaded

    def _make_room(self, size: int, *, keep: str) -> bool:
        """Let go of models nobody reads, the longest unused first; return whether it is enough."""
        idle = [place for place, one in self.models.items() if not one.writing and place != keep]
        for place in sorted(idle, key=lambda place: self.models[place].used_at):
            if size + self.used_bytes <= self.limits.memory_bytes:
                return True
            del self.models[place]
        return size + self.used_bytes <= self.limits.memory_bytes


class NoRoomError(Exception):
    """Readers of other models must give back memory first."""


def _key(place: str, entry: ModelEntry) -> str:
    return entry.fingerprint if place == entry.name else place


def _size_on_disk(place: str, entry: ModelEntry) -> int:
    return weight_bytes(entry) if place == entry.name else bytes_in(entry.base_dir)
