"""Django's SQLite, where writers who wait ask often instead of ever more rarely.

SQLite itself lets a waiting connection sleep longer each time, up to 100 ms: whoever has waited
longest asks most rarely, and under a steady load waits for seconds while newcomers go first. Here
the threads of a process queue up, and only the first of them asks, every millisecond or two.
"""

import os
import random
import sqlite3
import threading
import time

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

BUSY_MILLISECONDS = 20_000
PAUSE_SECONDS = (0.0005, 0.002)


class Queue:
    """The threads of this process that wait to write; a fork begins with an empty one."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        os.register_at_fork(after_in_child=self._renew)

    def _renew(self) -> None:
        self.turn = threading.Lock()


queue = Queue()


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that waits for its turn to write as patiently as all others."""

    def _start_transaction_under_autocommit(self) -> None:
        give_up = time.monotonic() + BUSY_MILLISECONDS / 1000
        turn = queue.turn
        if not turn.acquire(timeout=BUSY_MILLISECONDS / 1000):
            raise _locked()
        try:
            self.connection.execute("PRAGMA busy_timeout=0")
            self._begin_in_turn(give_up)
        finally:
            self.connection.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
            turn.release()

    def _begin_in_turn(self, give_up: float) -> None:
        """Begin through Django once; then ask SQLite itself, which costs less than the pause.

        The cursor is closed even when it is refused. An open one would end up in the error's
        reference cycle, and the garbage collector, in whichever thread it runs, would reset its
        statement: that waits for this connection as long as this connection waits for the lock,
        which the collecting thread may hold.
        """
        try:
            with self.cursor() as cursor:
                cursor.execute("BEGIN IMMEDIATE")
        except OperationalError as error:
            if not _is_busy(error.__cause__):
                raise
        else:
            return
        while time.monotonic() < give_up:
            time.sleep(random.uniform(*PAUSE_SECONDS))  # noqa: S311  # no secret
            try:
                self.connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if not _is_busy(error):
                    raise
            else:
                return
        raise _locked()


def _locked() -> OperationalError:
    return OperationalError("database is locked")


def _is_busy(error: BaseException | None) -> bool:
    """Say whether another connection writes (the low byte of extended codes too)."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF == sqlite3.SQLITE_BUSY
