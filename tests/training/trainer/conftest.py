import signal
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def base_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bases built once for all tests that do not test the building."""
    return tmp_path_factory.mktemp("bases")


@pytest.fixture(autouse=True)
def _own_signals(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The trainer takes SIGTERM and SIGINT; give them back after a run in this process."""
    monkeypatch.setenv("TOKENIZERS_PARALLELISM", "false")
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
