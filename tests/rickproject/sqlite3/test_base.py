import gc
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db.utils import OperationalError

from rickproject.settings import SQLITE_OPTIONS
from rickproject.sqlite3 import base
from rickproject.sqlite3.base import DatabaseWrapper

pytestmark = pytest.mark.django_db

Open = Callable[[], DatabaseWrapper]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Open connections to one database in a file, whatever the tests' own database is."""
    made: list[DatabaseWrapper] = []

    def connect() -> DatabaseWrapper:
        facts = {"NAME": str(tmp_path / "turns.sqlite3"), "OPTIONS": dict(SQLITE_OPTIONS)}
        defaults = {"ATOMIC_REQUESTS": False, "AUTOCOMMIT": True, "CONN_MAX_AGE": 0}
        defaults |= {"CONN_HEALTH_CHECKS": False, "TIME_ZONE": None}
        wrapper = DatabaseWrapper({**defaults, **facts}, alias="turns")
        wrapper.inc_thread_sharing()
        wrapper.ensure_connection()
        made.append(wrapper)
        return wrapper

    yield connect
    for wrapper in made:
        wrapper.close()


def begin(wrapper: DatabaseWrapper) -> None:
    wrapper._start_transaction_under_autocommit()


def busy_timeout(wrapper: DatabaseWrapper) -> int:
    return int(wrapper.connection.execute("PRAGMA busy_timeout").fetchone()[0])


def test_transaction_begins_once_the_one_before_it_has_ended(opened: Open) -> None:
    first, second = opened(), opened()
    begin(first)
    waiting = threading.Thread(target=begin, args=(second,))
    waiting.start()
    waiting.join(0.1)
    assert waiting.is_alive()
    first.connection.execute("COMMIT")
    waiting.join(5)
    assert not waiting.is_alive()
    assert second.connection.in_transaction
    assert (busy_timeout(first), busy_timeout(second)) == (20_000, 20_000)


def test_transaction_gives_up_when_its_turn_does_not_come(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = opened(), opened()
    begin(first)
    monkeypatch.setattr(base, "BUSY_MILLISECONDS", 50)
    with pytest.raises(OperationalError, match="locked"):
        begin(second)
    assert not second.connection.in_transaction


def test_transaction_says_at_once_what_is_wrong_for_another_reason(opened: Open) -> None:
    first = opened()
    begin(first)
    begun = time.monotonic()
    with pytest.raises(OperationalError, match="within a transaction"):
        begin(first)
    assert time.monotonic() - begun < 1


def test_transactions_of_many_all_get_their_turn(opened: Open) -> None:
    opened().connection.execute("CREATE TABLE turn (n INTEGER)")

    def write(wrapper: DatabaseWrapper) -> None:
        for _ in range(20):
            begin(wrapper)
            wrapper.connection.execute("INSERT INTO turn VALUES (1)")
            wrapper.connection.execute("COMMIT")

    writers = [threading.Thread(target=write, args=(opened(),)) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(30)
    assert opened().connection.execute("SELECT sum(n) FROM turn").fetchone() == (160,)


def test_refused_transaction_leaves_nothing_that_the_writer_would_wait_for(opened: Open) -> None:
    """The garbage collector runs in the thread that holds the lock, while the other waits for it.

    A cursor left open by the refusal would be reset there, which waits for the waiting connection.
    """
    first, second = opened(), opened()
    first.connection.execute("CREATE TABLE turn (n INTEGER)")
    gc.disable()
    try:
        begin(first)
        refused = threading.Thread(target=begin, args=(second,))
        refused.start()
        refused.join(0.1)
        first.connection.execute("COMMIT")
        refused.join(5)
        second.connection.execute("COMMIT")
        begin(first)
        second.connection.execute("PRAGMA busy_timeout=20000")
        insert = "INSERT INTO turn VALUES (1)"
        waiting = threading.Thread(target=second.connection.execute, args=(insert,))
        waiting.start()
        waiting.join(0.1)
        gc.collect()
        assert waiting.is_alive()
    finally:
        gc.enable()
        first.connection.execute("COMMIT")
    waiting.join(25)
    assert first.connection.execute("SELECT sum(n) FROM turn").fetchone() == (1,)
