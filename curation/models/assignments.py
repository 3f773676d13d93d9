"""Who works on which episode, and until when the place is kept."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from curation.enums import AssignmentOrigin, AssignmentState, WorkKind

from .projects import Project
from .scripts import Episode

HOLDING = (AssignmentState.OPEN, AssignmentState.DONE)


class Assignment(models.Model):
    """One place of an episode's work, held by one person; rows that ended stay as history.

    Places are numbered from 1. That no place is held twice, and that nobody holds two places of
    one piece of work, is the database's rule, so that many people can ask for work at once.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="assignments")
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="assignments")
    kind = models.CharField(max_length=12, choices=WorkKind)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="assignments"
    )
    place = models.PositiveSmallIntegerField(help_text="1 for the first of the episode's places")
    state = models.CharField(max_length=12, choices=AssignmentState, default=AssignmentState.OPEN)
    origin = models.CharField(max_length=12, choices=AssignmentOrigin)
    lease_until = models.DateTimeField(null=True, help_text="empty before the work was begun")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="who finished, released or took it over",
    )

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["project", "kind", "state"], name="assignment_by_state"),
            models.Index(fields=["person", "project", "state"], name="assignment_of_person"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["episode", "kind", "place"],
                condition=Q(state__in=HOLDING),
                name="place_held_once",
            ),
            models.UniqueConstraint(
                fields=["episode", "kind", "person"],
                condition=Q(state__in=HOLDING),
                name="person_holds_one_place",
            ),
        ]

    def __str__(self) -> str:
        what = WorkKind.DIALOGUES if self.kind == WorkKind.DIALOGUES else WorkKind.SCENES
        return f"{what.label} of {self.episode}"
