"""What allauth asks of the project: who may have an account, and how secrets are kept."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser, User
from django.contrib.sites.shortcuts import get_current_site
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import redirect

from curation.domain.sealed_mail import post_mail
from curation.errors import CurationError
from rickproject.accounts.pending import joined_address, pending_invitation, use_invitation
from rickproject.accounts.requirement import must_have_second_step
from rickproject.config import get_config
from rickproject.lib.limits import address_of
from rickproject.lib.sealed import seal, unseal

UNKNOWN_ADDRESS = "0.0.0.0"  # noqa: S104  # a name for nowhere, nothing listens on it


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are for invited people."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": "This name and password do not belong together.",
        "email_password_mismatch": "This address and password do not belong together.",
        "incorrect_password": "This is not your password.",
        "enter_current_password": "This is not your password.",
        "email_taken": "An account has this address already. Log in with it instead.",
        "duplicate_email": "This is your address already.",
        "invalid_password_reset": "This link was used before, or is too old. Ask for a new one.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Only an invitation opens the door."""
        return pending_invitation(request) is not None

    def save_user(
        self,
        request: HttpRequest,
        user: User,
        form: Any,
        commit: bool = True,  # noqa: FBT001, FBT002  # allauth's
    ) -> AbstractBaseUser:
        """Make the account and give it the role it was invited to, or neither."""
        invitation = pending_invitation(request)
        try:
            with transaction.atomic():
                saved: AbstractBaseUser = super().save_user(request, user, form, commit)
                if invitation and commit:
                    use_invitation(request, invitation, user, {user.email.lower()})
                    if invitation.is_mailed:  # its link reached the address, and nobody else
                        self.stash_verified_email(request, user.email)
        except CurationError as error:
            messages.error(request, str(error))
            raise ImmediateHttpResponse(redirect("join")) from error
        return saved

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        """Begin in the project that the invitation was for."""
        return joined_address(request)

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address as every limit of ours sees it."""
        return address_of(request, trusted_proxy=get_config().trusted_proxy) or UNKNOWN_ADDRESS

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Have a worker send it: no page waits, and how long it takes tells nothing."""
        request = allauth_context.request
        about = {"request": request, "email": email, "current_site": get_current_site(request)}
        post_mail(self.render_mail(template_prefix, email, about | context))

    def is_ajax(self, request: HttpRequest) -> bool:
        """Answer everybody with pages."""
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Go back to the account's page."""
        return "/accounts/"


class SecondStepAdapter(DefaultMFAAdapter):
    """Keys of authenticator apps are sealed before they are stored."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "cannot_delete_authenticator": (
            "This site asks you for a second step, so it cannot be switched off."
        ),
        "incorrect_code": "This code is wrong, was used before, or is too old. Take the next one.",
    }

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        """Name the entry in the app by user name and host."""
        name = user.username if isinstance(user, User) else str(user)
        return f"{name}@{allauth_context.request.get_host()}"

    def encrypt(self, text: str) -> str:
        """Seal a key."""
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Open a sealed key."""
        return unseal(encrypted_text)

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        """Keep the second step where the operator asks for it."""
        return not must_have_second_step(authenticator.user)
