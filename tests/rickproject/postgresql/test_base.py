"""On PostgreSQL, what is kept in SQL is planned by the server once; all else is as it was."""

import pytest
from django.contrib.auth.models import User
from django.db import connection

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
