"""How often a login may fail: for an account and for an address. Refusals are logged."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from allauth.account.internal.userkit import filter_users_by_email, get_user_by_username
from django.contrib.auth.models import User
from django.http import HttpRequest

from rickproject.config import get_config
from rickproject.lib.limits import LimitReachedError, address_of, give_back, network_of, spend

FAILURES_PER_ACCOUNT, ACCOUNT_SECONDS = 5, 300
FAILURES_PER_ADDRESS, ADDRESS_SECONDS = 10, 60
RESETS_PER_EMAIL, RESETS_PER_ADDRESS, RESET_SECONDS = 5, 20, 60
ACTION = "a failing login"

logger = logging.getLogger(__name__)


def account_of(request: HttpRequest) -> User | None:
    """Return whose login is tried, by user name or address, if there is such an account."""
    typed = request.POST.get("login", "").strip()
    if "\0" in typed:  # nobody's, and PostgreSQL would not look it up; the form refuses it
        return None
    by_name = get_user_by_username(typed)
    if isinstance(by_name, User):
        return by_name
    found = filter_users_by_email(typed, prefer_verified=True, for_login=True) if typed else []
    return found[0] if found else None


@contextmanager
def counted_attempt(request: HttpRequest, account: User | None) -> Iterator["Attempt"]:
    """Count a login before its password is looked at; one that did not fail is given back.

    Many at once cannot pass the limit together: each counts from its beginning to its end.

    Raises:
        LimitReachedError: the account or the address failed too often of late.
    """
    who, address = _who(request, account)
    spent: list[str] = []
    try:
        for name, owner, limit, seconds in (
            ("login-account", who, FAILURES_PER_ACCOUNT, ACCOUNT_SECONDS),
            ("login-address", network_of(address), FAILURES_PER_ADDRESS, ADDRESS_SECONDS),
        ):
            spent.append(spend(name, owner, limit=limit, seconds=seconds, what=ACTION))
    except LimitReachedError as error:
        _give_back(spent)
        logger.warning("login refused, too many failures", extra={"address": address})
        raise _in_minutes(
            "Too many logins have failed, so this one was not looked at.", error
        ) from (error)
    attempt = Attempt()
    yield attempt
    if attempt.has_failed:
        logger.warning("login failed", extra={"account": who, "address": address})
    else:
        _give_back(spent)


@dataclass
class Attempt:
    """One try to log in; whoever looks at the password says whether it failed."""

    has_failed: bool = False


@contextmanager
def counted_guesses(name: str, user_id: int) -> Iterator[None]:
    """Let a person guess a code or password only so often; what is wrong raises inside.

    A guess is counted before it is looked at, and given back when it was right.

    Raises:
        LimitReachedError: too many were wrong; this one is not looked at.
    """
    try:
        spent = spend(name, user_id, limit=FAILURES_PER_ACCOUNT, seconds=ACCOUNT_SECONDS)
    except LimitReachedError as error:
        sentence = "Too many were wrong, so this one was not looked at."
        raise _in_minutes(sentence, error) from error
    yield
    give_back(spent)


def count_reset(request: HttpRequest, email: str) -> None:
    """Count one wish for a link to choose a new password, whether or not the address is known.

    Raises:
        LimitReachedError: too many for this e-mail address, or from where it is asked.
    """
    asker = network_of(address_of(request, trusted_proxy=get_config().trusted_proxy))
    what = "asking for a new password"
    for name, who, limit in (
        ("reset-address", asker, RESETS_PER_ADDRESS),
        ("reset-email", email.strip().casefold(), RESETS_PER_EMAIL),
    ):
        spend(name, who, limit=limit, seconds=RESET_SECONDS, what=what)


def _give_back(spent: Iterable[str]) -> None:
    for one in spent:
        give_back(one)


def _in_minutes(sentence: str, error: LimitReachedError) -> LimitReachedError:
    wait = error.retry_after_seconds
    minutes = -(-wait // 60)
    return LimitReachedError(
        f"{sentence} Try again in {minutes} minute{'s' if minutes > 1 else ''}.",
        retry_after_seconds=wait,
    )


def _who(request: HttpRequest, account: User | None) -> tuple[str, str]:
    """Return the account, else what was typed for one, and the address that asks."""
    typed = request.POST.get("login", "").strip().casefold()
    who = f"account {account.pk}" if account else f"typed {typed}"
    return who, address_of(request, trusted_proxy=get_config().trusted_proxy)
