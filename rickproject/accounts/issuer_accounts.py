"""Who may have an account by way of the operator's OpenID Connect issuer."""

import logging
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser, User
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import redirect

from rickproject.accounts.configuration import PROVIDER_ID
from rickproject.accounts.pending import owns_account, pending_invitation, use_invitation
from rickproject.config import get_config

MOST_LETTERS = 300

logger = logging.getLogger(__name__)


class IssuerAccounts(DefaultSocialAccountAdapter):
    """Accounts that log in at the operator's OpenID Connect issuer."""

    def list_apps(
        self, request: HttpRequest, provider: Any = None, client_id: Any = None
    ) -> list[SocialApp]:
        """Return the issuer of the operator's settings; the database names none."""
        config = get_config()
        if not config.oidc_issuer or provider not in (None, PROVIDER_ID, "openid_connect"):
            return []
        secret = config.oidc_client_secret
        app = SocialApp(
            provider="openid_connect",
            provider_id=PROVIDER_ID,
            name=config.oidc_name,
            client_id=config.oidc_client_id,
            secret=secret.get_secret_value() if secret else "",
            settings={"server_url": config.oidc_issuer.rstrip("/"), "oauth_pkce_enabled": True},
        )
        return [app] if client_id in (None, app.client_id) else []

    def get_requests_session(self) -> Any:
        """Reach what the operator named, and nothing else."""
        from rickproject.accounts.issuer_http import IssuerSession  # noqa: PLC0415  # heavy

        return IssuerSession()

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Let in whom an invitation or the operator's domains name, by a proven address."""
        addresses = _proven_by_issuer(sociallogin)
        if any(owns_account(address) for address in addresses):
            messages.error(
                request,
                "An account has your address already. Log in with it, then connect it with "
                f"{get_config().oidc_name} on the page of your account.",
            )
            raise ImmediateHttpResponse(redirect("account_login"))
        invitation = pending_invitation(request)
        is_invited = invitation is not None and invitation.email in addresses
        return is_invited or any(map(_is_of_domain, addresses))

    def can_authenticate_by_email(self, login: SocialLogin, email: str) -> bool:
        """Trust the issuer with the addresses of the domains that the operator gave it."""
        return _is_of_domain(email)

    def save_user(
        self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None
    ) -> AbstractBaseUser:
        """Make the account, with the role it was invited to if there is an invitation for it."""
        invitation = pending_invitation(request)
        addresses = _proven_by_issuer(sociallogin)
        with transaction.atomic():
            user: AbstractBaseUser = super().save_user(request, sociallogin, form)
            if invitation and isinstance(user, User) and invitation.email in addresses:
                use_invitation(request, invitation, user, addresses)
        return user

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: Any = None,
    ) -> None:
        """Log why, for the operator; the page says only that it did not work."""
        logger.warning(
            "login at the issuer failed", extra={"reason": f"{error}: {exception}"[:MOST_LETTERS]}
        )


def _proven_by_issuer(login: SocialLogin) -> set[str]:
    return {address.email.lower() for address in login.email_addresses if address.verified}


def _is_of_domain(address: str) -> bool:
    domains = {name.strip().lower() for name in get_config().oidc_domains.split(",")} - {""}
    return address.rpartition("@")[2].lower() in domains
