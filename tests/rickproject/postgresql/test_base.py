"""On PostgreSQL, what is kept in SQL is planned once, and a lost connection is made anew."""

import time

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rickproject.lib.kept_queries import Given, KeptQuery
from tests.factories import UserFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL plans"),
]


def prepared() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return [row[0] for row in cursor.fetchall()]


def test_server_keeps_the_plans_of_kept_queries_only() -> None:
    user = UserFactory()
    kept = KeptQuery(lambda: User.objects.filter(pk=Given("pk"), username=Given("name")).order_by())
    for _ in range(4):
        found = kept.first(pk=user.pk, name=user.username)
        assert found is not None
        assert found.date_joined == user.date_joined
        assert User.objects.filter(pk=user.pk, username=user.username).exists()
    assert kept.first(pk=user.pk, name="nobody") is None
    [statement] = prepared()
    assert user.username not in statement
    assert '"username" = ($' in statement


def backend() -> int:
    """Return the server's process behind this connection, as at the beginning of a request."""
    connection.close_if_unusable_or_obsolete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_connection_is_kept_without_a_question_while_the_server_is_there() -> None:
    before = backend()
    with CaptureQueriesContext(connection) as captured:
        assert backend() == before
        assert connection.is_usable()
    assert len(captured) == 1


def test_connection_that_the_server_has_closed_is_made_anew() -> None:
    lost = backend()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [lost])
    other.close()
    until = time.monotonic() + 20
    while connection.is_usable() and time.monotonic() < until:
        time.sleep(0.01)
    assert backend() != lost
