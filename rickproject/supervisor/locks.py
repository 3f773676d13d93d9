"""One supervisor per role and data folder: file locks that end with their holders."""

import fcntl
import os
import time
from pathlib import Path

HANDOVER_SECONDS = 10.0


class AlreadyRunningError(Exception):
    """Another supervisor holds the lock; the text says which process and what to do."""


class RoleLocks:
    """Locks on the files ``up-<role>.lock``; the first line of each is the holder's pid."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptors: dict[str, int] = {}

    @property
    def descriptors(self) -> tuple[int, ...]:
        """What the guard inherits, so that the lock outlives a killed supervisor's children."""
        return tuple(self._descriptors.values())

    def acquire(self, roles: list[str]) -> None:
        """Take the lock of every role.

        A supervisor that was killed a moment ago is given time to be cleaned up after.

        Raises:
            AlreadyRunningError: a living supervisor holds one; nothing is held then.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        deadline = time.monotonic() + HANDOVER_SECONDS
        for role in roles:
            try:
                self._acquire_one(role, deadline)
            except AlreadyRunningError:
                self.release()
                raise

    def release(self) -> None:
        """Give every lock back."""
        for descriptor in self._descriptors.values():
            os.close(descriptor)
        self._descriptors.clear()

    def _acquire_one(self, role: str, deadline: float) -> None:
        path = self._folder / f"up-{role}.lock"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                holder = os.pread(descriptor, 20, 0).decode().strip()
                if _is_alive(holder) or time.monotonic() > deadline:
                    os.close(descriptor)
                    raise AlreadyRunningError(
                        f"rickproject is already running on this data folder ({role}, process "
                        f"{holder or 'unknown'}). Stop it first, or set RICK_VAR_DIR to another "
                        "folder."
                    ) from None
                time.sleep(0.1)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptors[role] = descriptor


def _is_alive(pid: str) -> bool:
    if not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
