"""Where a person is logged in: shown, and ended."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin

SEEN_KEY = "seen_at"
SEEN_AGAIN_SECONDS = 600
# The first that is found names the browser: Edge and Opera say Chrome, Chrome says Safari.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
SYSTEMS = (
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "a Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class Login:
    """One browser in which a person is logged in."""

    pk: int
    browser: str
    address: str
    began_at: datetime
    seen_at: datetime
    is_this_one: bool


def browser_words(user_agent: str) -> str:
    """Say which browser on which system calls itself so: "Firefox on Linux"."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "an unknown browser"


def logins_of(user: User, *, current_key: str) -> list[Login]:
    """Return where a person is logged in, this browser first, then the last seen; two queries."""
    rows = {row.session_key: row for row in UserSession.objects.filter(user=user)}
    alive = Session.objects.filter(session_key__in=rows, expire_date__gt=timezone.now())
    found = [
        Login(
            row.pk,
            browser_words(row.user_agent),
            row.ip,
            row.created_at,
            row.last_seen_at,
            row.session_key == current_key,
        )
        for key in alive.values_list("session_key", flat=True)
        for row in [rows[key]]
    ]
    return sorted(found, key=lambda login: (login.is_this_one, login.seen_at), reverse=True)


@transaction.atomic
def end_login(user: User, pk: int) -> bool:
    """End one login of a person; False where there is none such."""
    row = UserSession.objects.filter(user=user, pk=pk).first()
    if row is None:
        return False
    Session.objects.filter(session_key=row.session_key).delete()
    row.delete()
    return True


@transaction.atomic
def end_logins(user: User, *, but_key: str = "") -> int:
    """End all logins of a person, except one; their open streams end within seconds."""
    rows = UserSession.objects.filter(user=user).exclude(session_key=but_key)
    ended, _ = Session.objects.filter(session_key__in=rows.values("session_key")).delete()
    rows.delete()
    return int(ended)


def note_seen(request: HttpRequest) -> None:
    """Write down that this login was used now."""
    UserSession.objects.create_from_request(request)
    request.session[SEEN_KEY] = int(time.time())


class SeenMiddleware(MiddlewareMixin):
    """Notes once in ten minutes that a login is in use: at a page, never at a save or a stream."""

    get_response: Callable[[HttpRequest], HttpResponseBase]

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        """Look at the session, which the page reads anyway."""
        is_page = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
        if not is_page or not request.session.session_key:
            return None
        seen_at = request.session.get(SEEN_KEY, 0)
        is_long_ago = not isinstance(seen_at, int) or seen_at < time.time() - SEEN_AGAIN_SECONDS
        if is_long_ago and request.user.is_authenticated:
            note_seen(request)
        return None
