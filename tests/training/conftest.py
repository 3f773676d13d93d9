"""What the tests of training share."""

from collections.abc import Iterator

import pytest

from tests.contract.fault_server import FaultServer


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """Return a server of the OpenAI protocol; nothing that passes it may break the protocol."""
    with FaultServer() as running:
        yield running
    assert running.violations == []
