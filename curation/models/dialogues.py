"""Dialogues, their utterances, revisions and reviews."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from curation.enums import Decision, DialogueState, RereviewState

from .projects import Project
from .scripts import Character, Utterance
from .segmentations import Boundary


class Dialogue(models.Model):
    """A run of utterances in one scene that ends on the target character's line."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="dialogues")
    scene = models.ForeignKey(Boundary, on_delete=models.PROTECT, related_name="dialogues")
    target_character = models.ForeignKey(
        Character, on_delete=models.PROTECT, related_name="dialogues"
    )
    state = models.CharField(
        max_length=12, choices=DialogueState, default=DialogueState.DRAFT, db_index=True
    )
    revision = models.PositiveIntegerField(default=1)
    is_proposed = models.BooleanField(default=False, help_text="made by the proposer")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    updated_at = models.DateTimeField(auto_now=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    submitted_at = models.DateTimeField(null=True)
    submission = models.PositiveIntegerField(
        default=0, help_text="how often it was handed in; approvals count within one"
    )
    approvals = models.PositiveSmallIntegerField(
        default=0, help_text="of the present submission, each by another person"
    )
    client_key = models.CharField(
        max_length=64, blank=True, help_text="of the page's request, to know a repeated one by"
    )

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["project", "state", "created_by", "scene"], name="dialogue_counts")
        ]

    def __str__(self) -> str:
        return f"dialogue {self.pk}"


class DialogueUtterance(models.Model):
    """An utterance in a dialogue: kept or left out, with the text the model is taught."""

    dialogue = models.ForeignKey(Dialogue, on_delete=models.CASCADE, related_name="members")
    utterance = models.ForeignKey(Utterance, on_delete=models.PROTECT, related_name="members")
    target_character = models.ForeignKey(Character, on_delete=models.PROTECT, related_name="+")
    is_live = models.BooleanField(default=True, help_text="its dialogue is not removed")
    is_dropped = models.BooleanField(default=False, help_text="left out of the training record")
    training_text = models.TextField(
        null=True, blank=True, help_text="cleaned for training; empty for the script's own text"
    )

    class Meta:
        ordering = ["utterance__position"]
        constraints = [
            models.UniqueConstraint(
                fields=["utterance", "target_character"],
                condition=Q(is_live=True),
                name="utterance_in_one_live_dialogue",
            ),
            models.UniqueConstraint(
                fields=["dialogue", "utterance"], name="member_once_per_dialogue"
            ),
        ]
        indexes = [  # few lines are edited, and the search reads all of those
            models.Index(
                fields=["dialogue"], condition=Q(training_text__isnull=False), name="edited_lines"
            )
        ]

    def __str__(self) -> str:
        return f"{self.utterance_id} in {self.dialogue_id}"


class DialogueRevision(models.Model):
    """What a dialogue was at one revision; append-only."""

    dialogue = models.ForeignKey(Dialogue, on_delete=models.CASCADE, related_name="revisions")
    revision = models.PositiveIntegerField()
    members = models.JSONField(help_text="[{utterance, dropped, text}] in order")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    is_taken_back = models.BooleanField(
        default=False, help_text="a reviewer’s fix that was undone: nothing of it stands"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-revision"]
        constraints = [
            models.UniqueConstraint(fields=["dialogue", "revision"], name="dialogue_revision_once")
        ]

    def __str__(self) -> str:
        return f"dialogue {self.dialogue_id}, revision {self.revision}"


class Review(models.Model):
    """A decision on one revision of a dialogue; append-only."""

    dialogue = models.ForeignKey(Dialogue, on_delete=models.CASCADE, related_name="reviews")
    revision = models.PositiveIntegerField(help_text="the one the reviewer read")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviews"
    )
    decision = models.CharField(max_length=12, choices=Decision)
    reason = models.TextField(blank=True)
    lines_sha256 = models.CharField(
        max_length=64, blank=True, help_text="of the speakers and texts that were read"
    )
    note_sha256 = models.CharField(
        max_length=64, blank=True, help_text="of the scene's context note that was read"
    )
    submission = models.PositiveIntegerField(
        null=True, help_text="of the dialogue; empty for decisions from before it was counted"
    )
    fixed_from = models.PositiveIntegerField(
        null=True, help_text="the revision that was read, where the reviewer changed it first"
    )
    is_decisive = models.BooleanField(
        default=True, help_text="not an approval that waits for another, nor a second reading"
    )
    is_first = models.BooleanField(
        default=False, help_text="the first decisive one of the dialogue; set when it is written"
    )
    project = models.ForeignKey(
        Project,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        help_text="the dialogue's, which never changes: decisions are counted by it",
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="who made the dialogue, which never changes",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(
                fields=["project", "is_decisive", "created_at", "decision", "dialogue", "revision"],
                name="review_by_day",
            ),
            models.Index(
                fields=["project", "author", "reviewer", "decision", "is_decisive", "is_first"],
                name="review_by_person",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["dialogue", "submission", "reviewer"],
                condition=Q(decision=Decision.APPROVED),
                name="one_approval_per_person",
            )
        ]

    def __str__(self) -> str:
        return f"{self.decision} by {self.reviewer}"

    def save(self, **kwargs: Any) -> None:
        """Take over from the dialogue what decisions are counted by; none is changed later."""
        if self._state.adding:
            self.project_id, self.author_id = self.dialogue.project_id, self.dialogue.created_by_id
            earlier = Review.objects.filter(dialogue=self.dialogue_id, is_decisive=True)
            self.is_first = self.is_decisive and not earlier.exists()
        super().save(**kwargs)


class Rereview(models.Model):
    """An approved dialogue drawn by chance to be read again by somebody who does not know."""

    dialogue = models.ForeignKey(Dialogue, on_delete=models.CASCADE, related_name="rereviews")
    submission = models.PositiveIntegerField(help_text="of the dialogue when it was approved")
    state = models.CharField(max_length=12, choices=RereviewState, default=RereviewState.OPEN)
    first = models.ForeignKey(
        Review, on_delete=models.CASCADE, related_name="+", help_text="the approval it checks"
    )
    second = models.ForeignKey(Review, on_delete=models.CASCADE, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["state", "dialogue", "submission"], name="rereview_by_state")
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["dialogue", "submission"], name="rereview_once_per_submission"
            )
        ]

    def __str__(self) -> str:
        return f"second reading of {self.dialogue}"
