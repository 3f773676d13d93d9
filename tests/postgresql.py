"""A PostgreSQL of the tests' own: made in a temporary folder, reached by a socket, thrown away."""

import atexit
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

INSTALL_HINT = (
    "RICK_TEST_DATABASE=postgresql needs PostgreSQL's binaries and found none. "
    "Install them (Debian: apt install postgresql) or unset it to test on SQLite."
)
PLACES = ("/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/pgsql-*/bin")


class PostgresqlMissingError(Exception):
    """There are no binaries; the text says what to do."""


def find_binaries() -> Path:
    """Return the newest folder with ``initdb`` in it.

    Raises:
        PostgresqlMissingError: there is none.
    """
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).parent
    found = [path for place in PLACES for path in Path("/").glob(place.lstrip("/"))]
    if not found:
        raise PostgresqlMissingError(INSTALL_HINT)
    return max(found, key=lambda path: [int(n) for n in path.parent.name.split(".") if n.isdigit()])


def start_postgresql() -> str:
    """Start a server for this run of the tests; return its address. It ends with the run."""
    binaries = find_binaries()
    folder = Path(tempfile.mkdtemp(prefix="rickproject-postgresql-"))
    as_owner = _unprivileged(folder)
    data = folder / "data"
    arguments = ["--auth=trust", "--username=rick", "--encoding=UTF8", "--no-sync"]
    _run([*as_owner, str(binaries / "initdb"), f"--pgdata={data}", *arguments])
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c max_connections=200"
    control = [*as_owner, str(binaries / "pg_ctl"), f"--pgdata={data}", "--wait", "--silent"]
    _run([*control, f"--log={folder / 'log'}", f"--options={options}", "start"])
    atexit.register(_throw_away, [*control, "--mode=immediate", "stop"], folder)
    return f"postgresql://rick@/postgres?host={folder}"


def _unprivileged(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root: hand the folder to its user and run as that one."""
    if os.geteuid() != 0:
        return []
    owner = "postgres" if _user_exists("postgres") else "nobody"
    shutil.chown(folder, user=owner)
    folder.chmod(0o755)
    return ["runuser", "-u", owner, "--"]


def _user_exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    if done.returncode:
        raise RuntimeError(f"{command[-1]} of PostgreSQL failed: {done.stdout}{done.stderr}")


def _throw_away(stop: list[str], folder: Path) -> None:
    subprocess.run(stop, capture_output=True, check=False, cwd="/")
    shutil.rmtree(folder, ignore_errors=True)
