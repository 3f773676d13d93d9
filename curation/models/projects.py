"""Projects and who works in them."""

from django.conf import settings
from django.db import models

from curation.enums import Role, SegmentationMode


class Project(models.Model):
    """One script's journey to a character; everything below belongs to one project."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    description = models.TextField(blank=True)
    segmentation_mode = models.CharField(
        max_length=12,
        choices=SegmentationMode,
        default=SegmentationMode.SHARED,
        help_text="shared for projects older than the choice; create_project makes blind ones",
    )
    annotators_per_episode = models.PositiveSmallIntegerField(
        default=1, help_text="finished layers that an episode needs before it is agreed"
    )
    dialogue_goal = models.PositiveIntegerField(
        default=52, help_text="approved dialogues that the team wants; the forecast's aim"
    )
    required_approvals = models.PositiveSmallIntegerField(
        default=1, help_text="people who must approve a dialogue before it is approved"
    )
    rereview_percent = models.PositiveSmallIntegerField(
        default=0, help_text="share of approved dialogues that a second person reads blind"
    )
    rereview_seed = models.PositiveIntegerField(
        default=1, help_text="decides with the share which dialogues are drawn"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One role of one person in one project; a person may hold several."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=20, choices=Role)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["user__username", "role"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "user", "role"], name="membership_once_per_role"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} is {self.role} of {self.project}"
