"""Invitations by e-mail: who may make an account, and which role waits for them."""

from django.conf import settings
from django.db import models

from curation.enums import Role

from .projects import Project


class Invitation(models.Model):
    """A role offered to an address; the link's token is kept as a hash only."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=20, choices=Role)
    token_sha256 = models.CharField(max_length=64, unique=True)
    is_mailed = models.BooleanField(
        help_text="the link went to the address by mail and to nobody else, so using it proves it"
    )
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+"
    )

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "email", "role"],
                condition=models.Q(revoked_at=None, accepted_at=None),
                name="one_open_invitation",
            )
        ]

    def __str__(self) -> str:
        return "invitation"  # the feed shows it to all members; the address is nobody's business
