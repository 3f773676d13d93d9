"""Logging in, and the page of one's own account."""

from typing import Any
from urllib.parse import quote

from allauth.account.models import EmailAddress
from allauth.account.views import LoginView
from allauth.mfa.models import Authenticator
from allauth.socialaccount import views as allauth_social
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from curation.access import signed_in
from rickproject import login_limits
from rickproject.accounts import logins
from rickproject.accounts.configuration import PROVIDER_ID
from rickproject.accounts.events import note, note_failed_login
from rickproject.accounts.requirement import must_have_second_step
from rickproject.config import get_config


class LogIn(LoginView):
    """Log in with name or address and password; who guesses has to wait."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Refuse once too many attempts failed, then log in as allauth does."""
        self._account = login_limits.account_of(request)
        with login_limits.counted_attempt(request, self._account) as self._attempt:
            response: HttpResponseBase = super().post(request, *args, **kwargs)
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        """Let the failed attempt count."""
        self._attempt.has_failed = True
        note_failed_login(self.request, self._account)
        response: HttpResponse = super().form_invalid(form)
        return response


def admin_login(request: HttpRequest) -> HttpResponse:
    """Send to the one way in, with its limits; say who may not enter the admin.

    Raises:
        PermissionDenied: somebody is logged in who is no staff.
    """
    if request.user.is_authenticated:
        msg = "The admin is for staff. Ask an admin of this site to make you one."
        raise PermissionDenied(msg)
    there = request.GET.get("next") or reverse("admin:index")
    return redirect(f"{reverse('account_login')}?next={quote(there)}")


def issuer_login(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Send a person to the operator's issuer; its code is loaded only where there is one."""
    _require_issuer(provider_id)
    from rickproject.accounts.oidc import oidc_login  # noqa: PLC0415  # heavy

    return oidc_login(request, provider_id)


def issuer_callback(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Take a person back from the operator's issuer."""
    _require_issuer(provider_id)
    from rickproject.accounts.oidc import oidc_callback  # noqa: PLC0415  # heavy

    return oidc_callback(request, provider_id)


def connections(request: HttpRequest) -> HttpResponseBase:
    """List and end one's connections with the operator's issuer, where there is one."""
    _require_issuer(PROVIDER_ID)
    response: HttpResponseBase = allauth_social.connections(request)
    return response


def _require_issuer(provider_id: str) -> None:
    if provider_id != PROVIDER_ID or not get_config().oidc_issuer:
        msg = "No OpenID Connect issuer is set up here."
        raise Http404(msg)


@require_GET
@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Show one's own account: names, address, password, second step, logins."""
    user = signed_in(request)
    kinds = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    context = {
        "address": EmailAddress.objects.filter(user=user).order_by("-primary", "-verified").first(),
        "has_second_step": Authenticator.Type.TOTP in kinds,
        "issuer": get_config().oidc_name if get_config().oidc_issuer else "",
        "must_have_second_step": must_have_second_step(user),
    }
    return render(request, "account/account.html", context)


@require_GET
@login_required
def sessions(request: HttpRequest) -> HttpResponse:
    """List where one is logged in."""
    user, key = signed_in(request), request.session.session_key or ""
    found = logins.logins_of(user, current_key=key)
    if not any(login.is_this_one for login in found):
        logins.note_seen(request)
        found = logins.logins_of(user, current_key=key)
    return render(request, "account/sessions.html", {"logins": found})


@require_POST
@login_required
def session_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of one's logins; it is logged out at its next request.

    Raises:
        Http404: it is somebody else's, or gone.
    """
    if not logins.end_login(signed_in(request), pk):
        msg = "There is no such login of yours."
        raise Http404(msg)
    messages.success(request, "That login has ended.")
    return redirect("sessions")


@require_POST
@login_required
def sessions_end(request: HttpRequest) -> HttpResponse:
    """End all one's logins but this one."""
    user = signed_in(request)
    ended = logins.end_logins(user, but_key=request.session.session_key or "")
    note("account.logins_ended", user=user, request=request)
    messages.success(request, f"{ended} other login{'' if ended == 1 else 's'} ended.")
    return redirect("sessions")
