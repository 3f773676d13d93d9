"""How often a login may fail: for an account and for an address. Refusals are logged."""

import logging

from django.http import HttpRequest

from rickproject.config import get_config
from rickproject.lib.limits import LimitReachedError, address_of, require_unspent, spend

FAILURES_PER_ACCOUNT, ACCOUNT_SECONDS = 5, 300
FAILURES_PER_ADDRESS, ADDRESS_SECONDS = 10, 60
ACTION = "a failing login"

logger = logging.getLogger(__name__)


def require_attempts_left(request: HttpRequest) -> None:
    """Raise LimitReachedError when the account or the address failed too often of late."""
    account, address = _who(request)
    try:
        require_unspent(
            "login-account",
            account,
            limit=FAILURES_PER_ACCOUNT,
            seconds=ACCOUNT_SECONDS,
            what=ACTION,
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
        wait = error.retry_after_seconds
        minutes = -(-wait // 60)
        raise LimitReachedError(
            "Too many logins have failed, so this one was not looked at. Try again in "
            f"{minutes} minute{'s' if minutes > 1 else ''}.",
            retry_after_seconds=wait,
        ) from error


def note_failure(request: HttpRequest) -> None:
    """Count one failed login."""
    account, address = _who(request)
    logger.warning("login failed", extra={"account": account, "address": address})
    spend(
        "login-account", account, limit=FAILURES_PER_ACCOUNT, seconds=ACCOUNT_SECONDS, what=ACTION
    )
    spend(
        "login-address", address, limit=FAILURES_PER_ADDRESS, seconds=ADDRESS_SECONDS, what=ACTION
    )


def _who(request: HttpRequest) -> tuple[str, str]:
    account = request.POST.get("username", "").strip().casefold()
    return account, address_of(request, trusted_proxy=get_config().trusted_proxy)
