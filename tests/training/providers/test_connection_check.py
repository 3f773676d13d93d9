"""What a test of a connection says about each way a server can answer."""

from collections.abc import Iterator

import pytest

from tests.contract.fault_server import HTML, KEY, Fault, FaultServer, refusal
from training.providers.connection_check import try_connection


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as running:
        yield running


def test_try_connection_finds_a_server_that_works(server: FaultServer) -> None:
    found = try_connection(server.base_url, KEY)
    assert (found.code, found.verdict.value) == ("works", "good")
    assert not server.violations


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (refusal(401, "invalid_api_key"), "wrong_key"),
        (refusal(403, None), "forbidden"),
        (refusal(404, None), "wrong_address"),
        (refusal(429, "insufficient_quota"), "busy"),
        (refusal(500, None), "fault"),
        (Fault(status=307, headers={"location": "http://127.0.0.1:1/"}), "redirects"),
        (HTML, "wrong_address"),
        (Fault(status=200, body=b'{"models": []}'), "wrong_address"),
        (Fault(status=200, body=b"[]"), "wrong_address"),
        (Fault(drops=True), "no_answer"),
    ],
)
def test_try_connection_names_what_is_wrong(server: FaultServer, fault: Fault, code: str) -> None:
    server.fail("list_models", fault)
    found = try_connection(server.base_url, KEY)
    assert (found.code, found.verdict.value) == (code, "bad")
    assert KEY not in found.sentence
    assert server.count("list_jobs") == 0


@pytest.mark.parametrize("fault", [refusal(403, None), refusal(404, None), HTML, refusal(500, "x")])
def test_try_connection_finds_a_server_without_fine_tuning(
    server: FaultServer, fault: Fault
) -> None:
    server.fail("list_jobs", fault)
    found = try_connection(server.base_url, KEY)
    assert (found.code, found.verdict.value) == ("no_fine_tuning", "chat_only")
