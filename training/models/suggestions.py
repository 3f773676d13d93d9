"""What language models were asked for, question by question, and what it cost."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from curation.models import Boundary, Episode, Project
from training.enums import PartState, RequestState, SuggestionKind


class SuggestionRequest(models.Model):
    """One request for scenes or notes of an episode; the row exists before anything is sent."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="suggestion_requests"
    )
    episode = models.ForeignKey(
        Episode, on_delete=models.CASCADE, related_name="suggestion_requests"
    )
    kind = models.CharField(max_length=12, choices=SuggestionKind)
    annotator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="whose layer scenes are suggested for; empty for the agreed one",
    )
    model_name = models.CharField(max_length=120)
    server = models.CharField(max_length=300, help_text="where it was asked, without path")
    state = models.CharField(
        max_length=20, choices=RequestState, default=RequestState.QUEUED, db_index=True
    )
    error_code = models.CharField(max_length=60, blank=True)
    error_detail = models.TextField(blank=True)
    input_usd_per_million_tokens = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    output_usd_per_million_tokens = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    price_as_of = models.DateField(null=True)
    lease_owner = models.CharField(max_length=60, blank=True)
    lease_until = models.DateTimeField(null=True)
    next_try_at = models.DateTimeField(null=True)
    client_key = models.CharField(max_length=64, null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["created_by", "client_key"],
                condition=Q(client_key__isnull=False),
                name="suggestion_once_per_client_key",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.episode} from {self.model_name}"


class SuggestionPart(models.Model):
    """One question to a language model: sent once, its tokens and cost counted.

    ``reserved_*`` is what the part takes from the project's limits: its estimate until the
    answer is known, then what it took, nothing once it is dropped unsent.
    """

    request = models.ForeignKey(SuggestionRequest, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    scene = models.ForeignKey(Boundary, on_delete=models.SET_NULL, null=True, related_name="+")
    first = models.PositiveIntegerField(help_text="position of the first line that is shown")
    last = models.PositiveIntegerField()
    own_first = models.PositiveIntegerField(help_text="from here its answer counts")
    own_last = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=PartState, default=PartState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    input_tokens = models.PositiveIntegerField(null=True)
    output_tokens = models.PositiveIntegerField(null=True)
    is_counted_here = models.BooleanField(
        default=False, help_text="the server told no tokens, so they are our estimate"
    )
    cost_usd = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    reserved_tokens = models.PositiveIntegerField(default=0)
    reserved_usd = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    answer = models.JSONField(null=True)
    error_detail = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["request", "number"], name="part_once_per_suggestion_request"
            )
        ]

    def __str__(self) -> str:
        return f"part {self.number} of {self.request_id}"
