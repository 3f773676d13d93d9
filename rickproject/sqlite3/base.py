"""Django's SQLite, where writers who wait ask often instead of ever more rarely.

SQLite itself lets a waiting connection sleep longer each time, up to 100 ms: whoever has waited
longest asks most rarely, and under a steady load waits for seconds while newcomers go first.
"""

import random
import sqlite3
import time

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

BUSY_MILLISECONDS = 20_000
PAUSE_SECONDS = (0.001, 0.005)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that waits for its turn to write as patiently as all others."""

    def _start_transaction_under_autocommit(self) -> None:
        give_up = time.monotonic() + BUSY_MILLISECONDS / 1000
        self.connection.execute("PRAGMA busy_timeout=0")
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # not in the stubs
        except OperationalError as error:
            if not _is_busy(error.__cause__):
                raise
            self._begin_in_turn(give_up)
        finally:
            self.connection.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")

    def _begin_in_turn(self, give_up: float) -> None:
        """Ask SQLite itself again and again: Django's cursor would cost more than the wait."""
        while time.monotonic() < give_up:
            time.sleep(random.uniform(*PAUSE_SECONDS))  # noqa: S311  # no secret
            try:
                self.connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if not _is_busy(error):
                    raise
            else:
                return
        msg = "database is locked"
        raise OperationalError(msg)


def _is_busy(error: BaseException | None) -> bool:
    """Say whether another connection writes (the low byte of extended codes too)."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF == sqlite3.SQLITE_BUSY
