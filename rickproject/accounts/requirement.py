"""Who has to have a second step, and what is closed until they have."""

from collections.abc import Callable
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.deprecation import MiddlewareMixin

from rickproject.config import get_config

OPEN_ROUTES = frozenset(
    {
        "account",
        "account_login",
        "account_logout",
        "account_reauthenticate",
        "account_change_password",
        "account_set_password",
        "mfa_activate_totp",
        "mfa_reauthenticate",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "mfa_download_recovery_codes",
        "theme",
        "health",
        "healthz",
        "readyz",
    }
)


def must_have_second_step(user: User | AnonymousUser) -> bool:
    """Whether the operator asks this person for a second step."""
    who = get_config().require_second_step
    if not user.is_authenticated or who == "nobody":
        return False
    return who == "everybody" or user.is_staff


class SecondStepMiddleware(MiddlewareMixin):
    """Sends who must have a second step, and has none, to the page that sets it up.

    Who passed it at this login is known from the session; only others cost a query.
    """

    get_response: Callable[[HttpRequest], HttpResponseBase]

    def process_view(
        self, request: HttpRequest, view: object, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Let through, or send to the setting up."""
        if get_config().require_second_step == "nobody":
            return None
        match = request.resolver_match
        if match is None or (not match.namespaces and match.url_name in OPEN_ROUTES):
            return None
        if not must_have_second_step(request.user) or _has_second_step(request):
            return None
        messages.warning(request, "Set up the second step first: this site asks you for one.")
        return redirect("mfa_activate_totp")


def _has_second_step(request: HttpRequest) -> bool:
    records = get_authentication_records(request, request.user)
    if any(record.get("method") == "mfa" for record in records):
        return True
    steps = Authenticator.objects.filter(user_id=request.user.pk, type=Authenticator.Type.TOTP)
    return bool(steps.exists())
