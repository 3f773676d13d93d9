"""What people are told of, in the page and by e-mail."""

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from curation.enums import MailChoice, MailState, NotificationKind

from .datasets import DatasetVersion
from .dialogues import Dialogue
from .projects import Project
from .scripts import Episode
from .threads import Comment, Thread

LATEST_HOUR = 23


class MailSetting(models.Model):
    """What one person wants by e-mail, and when; made with their first notification."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mail_setting"
    )
    choice = models.CharField(max_length=12, choices=MailChoice, default=MailChoice.AT_ONCE)
    hour = models.PositiveSmallIntegerField(
        default=8, validators=[MaxValueValidator(LATEST_HOUR)], help_text="of the digest, there"
    )
    time_zone = models.CharField(max_length=60, default="UTC")
    since = models.DateTimeField(default=timezone.now, help_text="what is older is not mailed")
    next_digest_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.user}: {self.get_choice_display()}"


class OutgoingMail(models.Model):
    """One e-mail to one person; its words are made of its notifications when it is sent."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="outgoing_mails"
    )
    message_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    is_digest = models.BooleanField()
    state = models.CharField(max_length=12, choices=MailState, default=MailState.QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(default=timezone.now)
    lease_owner = models.CharField(max_length=60, blank=True)
    lease_until = models.DateTimeField(null=True)
    error_detail = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "mail of notifications"
        verbose_name_plural = "mails of notifications"
        indexes = [
            models.Index(
                fields=["next_try_at"],
                name="mail_waiting",
                condition=Q(state__in=[MailState.QUEUED, MailState.SENDING]),
            )
        ]

    def __str__(self) -> str:
        return f"mail {self.pk} to {self.user}"


class Notification(models.Model):
    """One person is told of one event; whether they may read it is asked whenever it is shown."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications"
    )
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, choices=NotificationKind)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+"
    )
    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, null=True, related_name="+")
    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, null=True, related_name="+")
    dialogue = models.ForeignKey(Dialogue, on_delete=models.CASCADE, null=True, related_name="+")
    dataset = models.ForeignKey(
        DatasetVersion, on_delete=models.CASCADE, null=True, related_name="+"
    )
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, null=True, related_name="+")
    words = models.CharField(max_length=300, blank=True, help_text="a reason, or what to do")
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)
    mail = models.ForeignKey(
        OutgoingMail, on_delete=models.SET_NULL, null=True, related_name="notifications"
    )

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["user", "-id"], name="notification_list"),
            models.Index(fields=["user"], name="notification_unread", condition=Q(read_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.user}"
