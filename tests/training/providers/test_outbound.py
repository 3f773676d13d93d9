"""Addresses that may not be reached, in many spellings."""

import socket

import httpx2
import pytest

from tests.contract.fault_server import Fault, FaultServer
from training.providers.outbound import (
    ForbiddenAddressError,
    Origin,
    names_private_address,
    outbound_client,
    parse_origin,
    resolve,
)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "ftp://example.org/",
        "//example.org/v1",
        "http://",
        "http://user@127.0.0.1/v1",
        "http://user:pass@127.0.0.1/v1",
        "http://127.0.0.1:99999/v1",
        "http://example.org\\@127.0.0.1/v1",
        "",
    ],
)
def test_parse_origin_refuses_what_is_not_a_plain_http_address(url: str) -> None:
    with pytest.raises(ForbiddenAddressError):
        parse_origin(url)


def test_parse_origin_fills_in_the_port() -> None:
    assert parse_origin("https://API.example.org/v1") == Origin("https", "api.example.org", 443)
    assert parse_origin("http://localhost:8001/v1") == Origin("http", "localhost", 8001)


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("10.1.2.3", True),
        ("169.254.169.254", False),
        ("0.0.0.0", False),
        ("api.openai.com", False),
        ("2130706433", False),
        ("0x7f000001", False),
        ("0177.0.0.1", False),
    ],
)
def test_names_private_address_knows_only_plain_forms(host: str, private: bool) -> None:
    assert names_private_address(Origin("http", host, 80)) is private


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "localhost",
        "10.0.0.1",
        "192.168.1.1",
    ],
)
def test_resolve_refuses_private_addresses_in_every_spelling(host: str) -> None:
    with pytest.raises((ForbiddenAddressError, httpx2.ConnectError)):
        resolve(Origin("http", host, 80), allow_private=False)


@pytest.mark.parametrize("host", ["169.254.169.254", "::ffff:169.254.169.254", "0.0.0.0", "::"])
def test_resolve_refuses_metadata_addresses_always(host: str) -> None:
    with pytest.raises(ForbiddenAddressError):
        resolve(Origin("http", host, 80), allow_private=True)


def test_resolve_refuses_a_public_name_that_leads_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.7", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: answer)
    with pytest.raises(ForbiddenAddressError, match=r"10\.0\.0\.7"):
        resolve(Origin("http", "provider.example.org", 80), allow_private=False)


def test_client_reaches_its_own_address_and_no_other(server: FaultServer) -> None:
    with outbound_client(server.base_url) as client, FaultServer() as other:
        key = {"Authorization": "Bearer x"}
        assert client.get(f"{server.base_url}/models", headers=key).status_code == 200
        with pytest.raises(ForbiddenAddressError):
            client.get(f"{other.base_url}/models")
        assert other.received == []


def test_client_does_not_follow_a_redirect(server: FaultServer) -> None:
    with FaultServer() as other, outbound_client(server.base_url) as client:
        server.fail("list_models", Fault(status=307, headers={"location": other.base_url}))
        answer = client.get(f"{server.base_url}/models", headers={"Authorization": "Bearer x"})
        assert answer.status_code == 307
        assert other.received == []


def test_client_cuts_off_an_answer_that_is_too_large(server: FaultServer) -> None:
    server.fail("list_models", Fault(status=200, body=b"x" * 2000))
    client = outbound_client(server.base_url, limit_bytes=1000)
    with client, pytest.raises(httpx2.ReadError, match="larger"):
        client.get(f"{server.base_url}/models", headers={"Authorization": "Bearer x"})
