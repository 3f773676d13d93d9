"""Inviting people by e-mail into a role of a project."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta

from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import timezone

from curation.enums import Role
from curation.errors import CurationError
from curation.models import Invitation, Membership, Project

from .activity import record_activity
from .projects import become_blind
from .sealed_mail import post_mail

TOKEN_BYTES = 32
DAYS = 7
SHA256_HEX = 64


class InvitationError(CurationError):
    """An invitation cannot be sent or used."""

    code = "invitation"


@transaction.atomic
def invite_person(
    project: Project, *, email: str, role: Role, actor: User, is_mailed: bool
) -> tuple[Invitation, str]:
    """Offer an address a role; an open offer of the same role to it is taken back.

    Args:
        is_mailed: the link goes to the address by mail and is shown to nobody.

    Returns:
        The invitation, and the token of its link, which is not kept.

    Raises:
        InvitationError: who has this address holds the role already.
    """
    address = email.strip().lower()
    held = Membership.objects.filter(project=project, role=role, user__email__iexact=address)
    if held.exists():
        msg = f"Somebody with the address {address} is {role.label} here already."
        raise InvitationError(msg)
    now = timezone.now()
    _open().filter(project=project, email=address, role=role).update(revoked_at=now)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    invitation = Invitation.objects.create(
        project=project,
        email=address,
        role=role,
        token_sha256=hash_token(token),
        is_mailed=is_mailed,
        invited_by=actor,
        expires_at=now + timedelta(days=DAYS),
    )
    record_activity(
        "invitation.sent",
        project=project,
        actor=actor,
        target=invitation,
        role=role.value,
        email=address,
    )
    return invitation, token


@transaction.atomic
def revoke_invitation(invitation: Invitation, *, actor: User) -> None:
    """Take an offer back; its link opens nothing any more.

    Raises:
        InvitationError: it was used or taken back before.
    """
    if not _open().filter(pk=invitation.pk).update(revoked_at=timezone.now()):
        msg = f"The invitation of {invitation.email} was used or taken back before."
        raise InvitationError(msg)
    record_activity(
        "invitation.revoked",
        project=invitation.project,
        actor=actor,
        target=invitation,
        role=invitation.role,
        email=invitation.email,
    )


@transaction.atomic
def accept_invitation(invitation: Invitation, *, user: User, addresses: Collection[str]) -> Project:
    """Give the invited person the role. An invitation works once.

    Args:
        addresses: the person's own, in lower case, that are known to be theirs.

    Raises:
        InvitationError: it is for another address, too old, used or taken back.
    """
    if invitation.email not in addresses:
        msg = (
            f"This invitation is for {invitation.email}, which is not your address here. Log in "
            "with the account of that address, or ask to be invited under yours."
        )
        raise InvitationError(msg)
    now = timezone.now()
    usable = _open().filter(pk=invitation.pk, expires_at__gt=now)
    if not user.is_active or not usable.update(accepted_at=now, accepted_by=user):
        msg = "This invitation was used or taken back, or is too old. Ask for a new one."
        raise InvitationError(msg)
    _, is_new = Membership.objects.get_or_create(
        project=invitation.project, user=user, role=invitation.role
    )
    if is_new:
        record_activity(
            "member.joined",
            project=invitation.project,
            actor=user,
            target=user,
            role=invitation.role,
        )
        become_blind(invitation.project, actor=user)
    return invitation.project


def usable_invitation(token_sha256: str) -> Invitation | None:
    """Return the invitation with this hash if it still opens something."""
    if len(token_sha256) != SHA256_HEX:
        return None
    return (
        _open()
        .filter(token_sha256=token_sha256, expires_at__gt=timezone.now())
        .select_related("project", "invited_by")
        .first()
    )


def mail_invitation(invitation: Invitation, *, link: str) -> None:
    """Send the link to the address, by a worker."""
    context = {"invitation": invitation, "link": link, "days": DAYS}
    text = render_to_string("curation/projects/invitation_mail.txt", context)
    subject = f"[rickproject] You are invited to {invitation.project.name}"
    message = EmailMessage(" ".join(subject.split()), text.strip(), None, [invitation.email])
    post_mail(message)


def hash_token(token: str) -> str:
    """Return what is kept of a link's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _open() -> QuerySet[Invitation]:
    return Invitation.objects.filter(revoked_at=None, accepted_at=None)
