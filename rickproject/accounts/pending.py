"""The invitation whose link was opened in this browser, until it is used."""

from collections.abc import Collection

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse

from curation.domain.invitations import accept_invitation, hash_token, usable_invitation
from curation.models import Invitation, Project

SESSION_KEY = "invitation"
JOINED_KEY = "joined_project"


def remember_invitation(request: HttpRequest, token: str) -> None:
    """Keep whose link was opened; the token itself is kept nowhere."""
    request.session[SESSION_KEY] = hash_token(token)


def pending_invitation(request: HttpRequest) -> Invitation | None:
    """Return the invitation whose link was opened here, if it still works."""
    kept = request.session.get(SESSION_KEY)
    return usable_invitation(kept) if isinstance(kept, str) else None


def use_invitation(
    request: HttpRequest, invitation: Invitation, user: User, addresses: Collection[str]
) -> Project:
    """Take the role that was offered, and forget the link.

    Raises:
        InvitationError: it is for another address, or works no more.
    """
    project = accept_invitation(invitation, user=user, addresses=addresses)
    request.session.pop(SESSION_KEY, None)
    request.session[JOINED_KEY] = project.slug
    return project


def joined_address(request: HttpRequest) -> str:
    """Return the address of the project that was just joined, else the list of projects."""
    slug = request.session.pop(JOINED_KEY, None)
    return reverse("project", args=[slug]) if slug else reverse("home")


def just_joined(request: HttpRequest) -> bool:
    """Whether a project was joined in this browser, and its page not opened yet."""
    return JOINED_KEY in request.session


def proven_addresses(user: User) -> set[str]:
    """Return the addresses that are known to be the person's: set by an admin, or confirmed."""
    confirmed = EmailAddress.objects.filter(user=user, verified=True)
    known = {str(address).lower() for address in confirmed.values_list("email", flat=True)}
    return known | {user.email.lower()} - {""}


def owns_account(address: str) -> bool:
    """Whether somebody has an account with this address."""
    has_it = Q(email__iexact=address) | Q(
        emailaddress__email__iexact=address, emailaddress__verified=True
    )
    return User.objects.filter(has_it).exists()
