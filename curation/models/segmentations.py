"""Scenes: a segmentation is a set of boundaries, a scene is where it starts."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from curation.enums import BoundaryOrigin, DecisionRule, SegmentationState, SuggestionState

from .scripts import Episode, Utterance


class Segmentation(models.Model):
    """One layer of boundaries over an episode: an annotator's own, or the agreed one."""

    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="segmentations")
    annotator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="segmentations",
        help_text="empty for the agreed layer",
    )
    state = models.CharField(
        max_length=20, choices=SegmentationState, default=SegmentationState.UNTOUCHED
    )
    revision = models.PositiveIntegerField(default=0)
    agreed_revision = models.PositiveIntegerField(
        null=True, help_text="of an agreed layer: as it was written from the annotators' layers"
    )
    saw_others = models.BooleanField(
        default=False, help_text="its author could see colleagues' layers while cutting it"
    )
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["episode"], condition=Q(annotator=None), name="one_agreed_layer"
            ),
            models.UniqueConstraint(
                fields=["episode", "annotator"], name="one_layer_per_annotator"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.episode}, {self.annotator or 'agreed'}"


class Boundary(models.Model):
    """A scene starts before this utterance; in the agreed layer it is the scene.

    A boundary taken away stays as an inactive row, so that undo brings its title, note and
    history back. The first utterance of an agreed layer always bears an active one.
    """

    segmentation = models.ForeignKey(
        Segmentation, on_delete=models.CASCADE, related_name="boundaries"
    )
    utterance = models.ForeignKey(Utterance, on_delete=models.CASCADE, related_name="boundaries")
    is_active = models.BooleanField(default=True)
    origin = models.CharField(max_length=20, choices=BoundaryOrigin, default=BoundaryOrigin.PERSON)
    probability = models.FloatField(null=True, help_text="0 to 1, as suggested")
    title = models.CharField(max_length=200, blank=True)
    note = models.TextField(blank=True)
    note_revision = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["utterance__position"]
        verbose_name_plural = "boundaries"
        constraints = [
            models.UniqueConstraint(
                fields=["segmentation", "utterance"], name="boundary_once_per_utterance"
            )
        ]

    def __str__(self) -> str:
        return self.title or f"scene from {self.utterance_id}"


class SplitDecision(models.Model):
    """What somebody decided where the annotators' layers differ, on the way to the agreed one."""

    segmentation = models.ForeignKey(
        Segmentation, on_delete=models.CASCADE, related_name="decisions", help_text="the agreed one"
    )
    utterance = models.ForeignKey(
        Utterance, on_delete=models.CASCADE, related_name="+", help_text="where most drew it"
    )
    start = models.ForeignKey(
        Utterance,
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
        help_text="where the scene starts; empty when none does",
    )
    rule = models.CharField(max_length=12, choices=DecisionRule)
    taken_from = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    votes = models.PositiveSmallIntegerField(help_text="annotators who drew it")
    annotators = models.PositiveSmallIntegerField(help_text="annotators with a finished layer")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["utterance__position"]
        constraints = [
            models.UniqueConstraint(fields=["segmentation", "utterance"], name="split_decided_once")
        ]

    def __str__(self) -> str:
        return f"{self.get_rule_display()} before {self.utterance_id}"


class ContextNote(models.Model):
    """One revision of a scene's title and context note; append-only."""

    scene = models.ForeignKey(Boundary, on_delete=models.CASCADE, related_name="notes")
    revision = models.PositiveIntegerField()
    title = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-revision"]
        constraints = [
            models.UniqueConstraint(fields=["scene", "revision"], name="note_revision_once")
        ]

    def __str__(self) -> str:
        return f"{self.title} (revision {self.revision})"


class SuggestionRun(models.Model):
    """One run of a suggester over an episode."""

    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="suggestion_runs")
    layer = models.ForeignKey(
        Segmentation,
        on_delete=models.CASCADE,
        null=True,
        related_name="suggestion_runs",
        help_text="the annotator's layer it is for; empty for the agreed one",
    )
    suggester = models.CharField(max_length=40, default="speaker_model")
    model_name = models.CharField(
        max_length=120, blank=True, help_text="of a language model; what a speaker model learned on"
    )
    parameters = models.JSONField(default=dict)
    scene_count = models.PositiveIntegerField(default=0, help_text="scenes it proposes")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.suggester} on {self.episode}"


class SuggestedBoundary(models.Model):
    """A boundary that a suggester proposes, its probability and its fate."""

    run = models.ForeignKey(SuggestionRun, on_delete=models.CASCADE, related_name="boundaries")
    utterance = models.ForeignKey(Utterance, on_delete=models.CASCADE, related_name="suggestions")
    probability = models.FloatField(help_text="0 to 1")
    title = models.CharField(
        max_length=200, blank=True, help_text="of the scene, where the source names it"
    )
    is_proposed = models.BooleanField(help_text="in the best segmentation, not only likely")
    state = models.CharField(max_length=12, choices=SuggestionState, default=SuggestionState.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["utterance__position"]
        verbose_name_plural = "suggested boundaries"
        constraints = [
            models.UniqueConstraint(fields=["run", "utterance"], name="suggestion_once_per_run")
        ]

    def __str__(self) -> str:
        return f"{self.probability:.0%} before {self.utterance_id}"
