"""How often a login may fail: for an account and for an address. Refusals are logged."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from allauth.account.internal.userkit import filter_users_by_email, get_user_by_username
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from rickproject.config import get_config
from rickproject.lib.limits import LimitReachedError, address_of, require_unspent, spend

FAILURES_PER_ACCOUNT, ACCOUNT_SECONDS = 5, 300
FAILURES_PER_ADDRESS, ADDRESS_SECONDS = 10, 60
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


def require_attempts_left(request: HttpRequest, account: User | None) -> None:
    """Raise LimitReachedError when the account or the address failed too often of late."""
    who, address = _who(request, account)
    try:
        require_unspent(
            "login-account", who, limit=FAILURES_PER_ACCOUNT, seconds=ACCOUNT_SECONDS, what=ACTION
        )
        require_unspent(
            "login-address",
            address,
            limit=FAILURES_PER_ADDRESS,
            seconds=ADDRESS_SECONDS,
            what=ACTION,
        )
    except LimitReachedError as error:
        logger.warning("login refused, too many failures", extra={"address": address})
        raise _in_minutes(
            "Too many logins have failed, so this one was not looked at.", error
        ) from (error)


def note_failure(request: HttpRequest, account: User | None) -> None:
    """Count one failed login."""
    who, address = _who(request, account)
    logger.warning("login failed", extra={"account": who, "address": address})
    spend("login-account", who, limit=FAILURES_PER_ACCOUNT, seconds=ACCOUNT_SECONDS, what=ACTION)
    spend(
        "login-address", address, limit=FAILURES_PER_ADDRESS, seconds=ADDRESS_SECONDS, what=ACTION
    )


@contextmanager
def counted_guesses(name: str, user_id: int) -> Iterator[None]:
    """Let a person guess a code or password only so often; what is wrong raises inside.

    Raises:
        LimitReachedError: too many were wrong; this one is not looked at.
    """
    limit, seconds = FAILURES_PER_ACCOUNT, ACCOUNT_SECONDS
    try:
        require_unspent(name, user_id, limit=limit, seconds=seconds)
    except LimitReachedError as error:
        sentence = "Too many were wrong, so this one was not looked at."
        raise _in_minutes(sentence, error) from error
    try:
        yield
    except ValidationError:
        spend(name, user_id, limit=limit, seconds=seconds)
        raise


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
