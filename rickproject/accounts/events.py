"""What happens to accounts, written into the audit log; never a password, code or link."""

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as second_step
from allauth.mfa.models import Authenticator
from allauth.socialaccount import signals as social
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from curation.domain.activity import record_activity
from curation.models import Activity
from rickproject.accounts.logins import browser_words, end_logins
from rickproject.config import get_config
from rickproject.lib.limits import address_of

UNKNOWN = "an unknown name"


def note(verb: str, *, user: User, request: HttpRequest | None, is_proven: bool = True) -> None:
    """Write one event of an account.

    Args:
        is_proven: whoever did it has shown to be that person.
    """
    record_activity(
        verb,
        project=None,
        actor=user if is_proven else None,
        target=user,
        **(_where(request) if request else {}),
    )


def note_failed_login(request: HttpRequest, user: User | None) -> None:
    """Write a failed login. A name that is nobody's may be a mistyped password: it is not kept."""
    if user:
        note("account.login_failed", user=user, request=request, is_proven=False)
        return
    Activity.objects.create(
        project=None,
        actor=None,
        verb="account.login_failed",
        target_type="user",
        target_id=0,
        target_label=UNKNOWN,
        detail=_where(request),
    )


@receiver(account.user_logged_in)
def _logged_in(request: HttpRequest, user: User, **_: Any) -> None:
    note("account.logged_in", user=user, request=request)


@receiver(user_logged_out)
def _logged_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    if user:
        note("account.logged_out", user=user, request=request)


@receiver(account.user_signed_up)
def _signed_up(request: HttpRequest, user: User, **_: Any) -> None:
    note("account.made", user=user, request=request)


@receiver([account.password_changed, account.password_set])
def _password_changed(request: HttpRequest, user: User, **_: Any) -> None:
    end_logins(user, but_key=request.session.session_key or "")
    note("account.password_changed", user=user, request=request)


@receiver(account.password_reset)
def _password_reset(request: HttpRequest, user: User, **_: Any) -> None:
    end_logins(user)
    note("account.password_reset", user=user, request=request)


@receiver(account.email_changed)
def _address_changed(request: HttpRequest, user: User, **_: Any) -> None:
    note("account.address_changed", user=user, request=request)


@receiver(account.email_confirmed)
def _address_confirmed(request: HttpRequest, email_address: Any, **_: Any) -> None:
    note("account.address_confirmed", user=email_address.user, request=request)


@receiver(second_step.authenticator_added)
def _step_added(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    if authenticator.type == Authenticator.Type.TOTP:
        note("account.second_step_on", user=user, request=request)


@receiver(second_step.authenticator_removed)
def _step_removed(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    if authenticator.type == Authenticator.Type.TOTP:
        note("account.second_step_off", user=user, request=request)


@receiver(second_step.authenticator_reset)
def _codes_made(request: HttpRequest, user: User, **_: Any) -> None:
    note("account.recovery_codes_made", user=user, request=request)


@receiver(second_step.authenticator_used)
def _step_used(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        note("account.recovery_code_used", user=user, request=request)


@receiver(second_step.authentication_failed)
def _step_failed(request: HttpRequest, user: User, **_: Any) -> None:
    note("account.second_step_failed", user=user, request=request, is_proven=False)


@receiver(social.social_account_added)
def _connected(request: HttpRequest, sociallogin: Any, **_: Any) -> None:
    note("account.connected", user=sociallogin.user, request=request)


@receiver(social.social_account_removed)
def _disconnected(request: HttpRequest, socialaccount: Any, **_: Any) -> None:
    note("account.disconnected", user=socialaccount.user, request=request)


def _where(request: HttpRequest) -> dict[str, str]:
    return {
        "address": address_of(request, trusted_proxy=get_config().trusted_proxy),
        "browser": browser_words(request.headers.get("User-Agent", "")),
    }
