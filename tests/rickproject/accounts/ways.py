"""What the tests of accounts do as a person does it: log in, confirm, read mail."""

import re
from typing import Any

from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth.models import User
from django.test import Client

from tests.factories import UserFactory

PASSWORD = "a password of twenty letters"


def person(name: str, **fields: Any) -> User:
    """Make an account with the password above."""
    user = UserFactory(username=name, **fields)
    user.set_password(PASSWORD)
    user.save()
    return user


def log_in(client: Client, name: str, password: str = PASSWORD, **more: Any) -> Any:
    """Send the login form."""
    return client.post("/accounts/login/", {"login": name, "password": password}, **more)


def confirm(client: Client, password: str = PASSWORD) -> None:
    """Give the password once more, as before something that matters."""
    assert client.post("/accounts/reauthenticate/", {"password": password}).status_code == 302


def code_now(secret: str, *, steps: int = 0) -> str:
    """Return what an authenticator app shows now, or some steps of 30 seconds later."""
    counter = next(totp.yield_hotp_counters_from_time()) + steps
    return totp.format_hotp_value(totp.hotp_value(secret, counter))


def second_step(user: User) -> str:
    """Switch the second step on and return its key."""
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(user, secret)
    return secret


def link_in(text: str) -> str:
    """Return the path of the one link in a mail."""
    found = re.search(r"https?://[^/\s]+(/\S+)", text)
    assert found, text
    return found[1]
