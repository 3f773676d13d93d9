import time

import pytest
from django.db import transaction

from rickproject.celery import app
from rickproject.heartbeats import heartbeat_ages
from rickproject.lib.queue import enqueue_on_commit

TASK = "rickproject.note_heartbeat"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("eager_tasks")
def test_enqueue_on_commit_sends_after_the_commit_and_not_before() -> None:
    with transaction.atomic():
        enqueue_on_commit(TASK, queue="early")
        assert heartbeat_ages(["queue:early"])["queue:early"] is None
    assert heartbeat_ages(["queue:early"])["queue:early"] is not None


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("eager_tasks")
def test_enqueue_on_commit_sends_nothing_when_the_transaction_fails() -> None:
    with transaction.atomic():
        enqueue_on_commit(TASK, queue="never")
        transaction.set_rollback(True)
    assert heartbeat_ages(["queue:never"])["queue:never"] is None


def test_enqueue_on_commit_knows_only_registered_tasks() -> None:
    with pytest.raises(KeyError):
        enqueue_on_commit("curation.no_such_task", script_id=1)


@pytest.mark.django_db(transaction=True)
def test_enqueue_on_commit_leaves_the_row_when_the_broker_is_away(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    address = "redis://127.0.0.1:9/0"
    begun = time.monotonic()
    with app.connection_for_write(address) as connection:
        producer = app.amqp.Producer(connection, auto_declare=False)
        monkeypatch.setattr(app.tasks[TASK], "apply_async", _sender(producer))
        enqueue_on_commit(TASK, queue="default")
    assert time.monotonic() - begun < 5
    assert "waits for the sweeper" in caplog.text


def _sender(producer: object) -> object:
    send = app.tasks[TASK].apply_async
    return lambda **options: send(**options, producer=producer)
