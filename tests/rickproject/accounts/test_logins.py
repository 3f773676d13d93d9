from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rickproject.accounts import logins
from tests.factories import BoundaryFactory, make_member
from tests.rickproject.accounts.ways import PASSWORD, log_in, person

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"
)
HTML = {"HTTP_ACCEPT": "text/html"}


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (SAFARI, "Safari on an iPhone"),
        (EDGE, "Edge on Windows"),
        ("", "an unknown browser"),
    ],
)
def test_browser_is_told_in_words(agent: str, words: str) -> None:
    assert logins.browser_words(agent) == words


def test_sessions_page_lists_each_browser_and_ends_one(client: Client) -> None:
    person("pip")
    phone = Client(HTTP_USER_AGENT=SAFARI, REMOTE_ADDR="10.0.0.9")
    log_in(phone, "pip")
    log_in(client, "pip", HTTP_USER_AGENT=FIREFOX)
    page = client.get("/accounts/sessions/").content.decode()
    for words in ("Firefox on Linux", "Safari on an iPhone", "10.0.0.9", "2 browsers"):
        assert words in page
    row = UserSession.objects.get(ip="10.0.0.9")
    client.post(f"/accounts/sessions/{row.pk}/end/")
    assert phone.get("/").headers["Location"].startswith("/accounts/login/")
    assert client.get("/").status_code == 200
    assert client.post(f"/accounts/sessions/{row.pk}/end/").status_code == 404


def test_all_others_are_ended_at_once(client: Client) -> None:
    user = person("pip")
    others = [Client(), Client()]
    for other in (client, *others):
        log_in(other, "pip")
    client.post("/accounts/sessions/end/")
    assert [other.get("/").status_code for other in others] == [302, 302]
    assert client.get("/").status_code == 200
    assert [login.is_this_one for login in logins.logins_of(user, current_key="")] == [False]


def test_nobody_ends_anothers_login(client: Client) -> None:
    person("pip")
    victim = Client()
    log_in(victim, "pip")
    person("mallory")
    log_in(client, "mallory")
    row = UserSession.objects.get(user__username="pip")
    assert client.post(f"/accounts/sessions/{row.pk}/end/").status_code == 404
    assert victim.get("/").status_code == 200


def test_logout_and_a_changed_password_take_logins_off_the_list(client: Client) -> None:
    user = person("pip")
    other = Client()
    log_in(other, "pip")
    log_in(client, "pip")
    new = {
        "oldpassword": PASSWORD,
        "password1": "quite another one",
        "password2": "quite another one",
    }
    client.post("/accounts/password/change/", new)
    assert len(logins.logins_of(user, current_key="")) == 1
    client.post("/accounts/logout/")
    assert logins.logins_of(user, current_key="") == []


def test_use_is_noted_at_pages_once_in_ten_minutes(client: Client) -> None:
    user = person("pip")
    client.force_login(user)
    client.get("/", **HTML)
    UserSession.objects.update(last_seen_at=timezone.now() - timedelta(hours=1))
    client.get("/", **HTML)
    assert UserSession.objects.get().last_seen_at < timezone.now() - timedelta(minutes=59)
    session = client.session
    session[logins.SEEN_KEY] -= logins.SEEN_AGAIN_SECONDS + 1
    session.save()
    client.get("/", **HTML)
    assert UserSession.objects.get().last_seen_at > timezone.now() - timedelta(minutes=1)
    assert Session.objects.count() == 1


def test_save_asks_no_more_because_of_accounts(client: Client) -> None:
    segmentation = BoundaryFactory().segmentation
    episode = segmentation.episode
    client.force_login(make_member(episode.script.project))
    address = f"/p/{episode.script.project.slug}/scenes/{episode.pk}/edits/"
    with CaptureQueriesContext(connection) as asked:
        client.post(address, {}, **HTML)
    tables = " ".join(query["sql"] for query in asked)
    for table in (
        "usersessions",
        "mfa_",
        "account_email",
        "socialaccount",
        'UPDATE "django_session',
    ):
        assert table not in tables
