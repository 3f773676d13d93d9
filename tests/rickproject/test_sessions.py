"""Sessions end when they are over, are deleted, or their account is closed."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rickproject.sessions import SessionStore
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def kept() -> SessionStore:
    store = SessionStore()
    store["colour"] = "blue"
    store.save()
    return store


def test_session_is_loaded_by_one_query() -> None:
    key = kept().session_key
    with CaptureQueriesContext(connection) as captured:
        assert SessionStore(key)["colour"] == "blue"
    assert len(captured) == 1


@pytest.mark.parametrize("end", ["over", "deleted"])
def test_session_is_empty_and_nameless_once_it_has_ended(end: str) -> None:
    key = kept().session_key
    rows = Session.objects.filter(session_key=key)
    if end == "over":
        rows.update(expire_date=timezone.now() - timedelta(seconds=1))
    else:
        rows.delete()
    store = SessionStore(key)
    assert store.get("colour") is None
    assert store.session_key is None


def test_session_of_no_key_is_empty() -> None:
    assert SessionStore(None).get("colour") is None
    assert SessionStore("no-such-session").get("colour") is None


def test_account_is_read_anew_for_every_request() -> None:
    user, client = UserFactory(), Client()
    client.force_login(user)

    def asks() -> bool:
        request = RequestFactory().get("/")
        request.session = client.session
        return bool(get_user(request).is_authenticated)

    assert asks()
    user.is_active = False
    user.save()
    assert not asks()
    user.delete()
    assert not asks()
