"""Conversations with a model."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from curation.models import DatasetRecord, Project
from training.enums import MessageRole, MessageState

from .registry import ModelVersion


class Conversation(models.Model):
    """One tester's talk; its messages form a tree."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="conversations")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="conversations"
    )
    title = models.CharField(max_length=200, blank=True)
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="conversations")
    speaker_name = models.CharField(
        max_length=200, blank=True, help_text="as whom the tester speaks; empty for nobody"
    )
    uses_system_message = models.BooleanField(default=True)
    system_message = models.TextField(blank=True)
    temperature = models.FloatField(default=0.7)
    top_p = models.FloatField(default=0.9)
    max_tokens = models.PositiveIntegerField(default=200)
    seed = models.PositiveIntegerField(null=True, blank=True)
    stops_at_names = models.BooleanField(
        default=True, help_text="a reply ends where the model begins to speak for somebody else"
    )
    opening = models.ForeignKey(
        DatasetRecord,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        help_text="the held-out record it began with",
    )
    peeked_at = models.DateTimeField(null=True, help_text="when the real next line was looked at")
    turn = models.PositiveIntegerField(
        default=0, help_text="changes of the thread; guards two tabs"
    )
    leaf = models.ForeignKey(
        "Message",
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        help_text="the last message of the branch that is shown",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-updated_at", "-pk"]

    def __str__(self) -> str:
        return self.title or f"conversation {self.pk}"


class Message(models.Model):
    """One message; a reply keeps exactly what was sent and what came back."""

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="messages"
    )
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, related_name="children")
    role = models.CharField(max_length=12, choices=MessageRole)
    speaker_name = models.CharField(max_length=200, blank=True)
    content = models.TextField(blank=True)
    is_scripted = models.BooleanField(default=False, help_text="a line of the script")
    state = models.CharField(max_length=12, choices=MessageState, default=MessageState.COMPLETE)
    model = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, null=True, related_name="messages"
    )
    sent_messages = models.JSONField(default=list, help_text="exactly what the model was sent")
    unsent_count = models.PositiveIntegerField(default=0, help_text="turns that did not fit")
    parameters = models.JSONField(default=dict)
    finish_reason = models.CharField(max_length=40, blank=True)
    spoke_for_others = models.BooleanField(
        default=False, help_text="it went on as another character; that part was cut off"
    )
    echoed_name = models.BooleanField(
        default=False, help_text="it began with the character's own name, which was taken off"
    )
    prompt_tokens = models.PositiveIntegerField(null=True)
    completion_tokens = models.PositiveIntegerField(null=True)
    usd = models.DecimalField(
        max_digits=14, decimal_places=7, null=True, help_text="at the price of that day"
    )
    first_token_ms = models.PositiveIntegerField(null=True)
    total_ms = models.PositiveIntegerField(null=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_detail = models.TextField(blank=True)
    client_key = models.CharField(max_length=64, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "client_key"],
                condition=Q(client_key__isnull=False),
                name="message_once_per_client_key",
            )
        ]

    def __str__(self) -> str:
        return f"{self.role}: {self.content[:60]}"
