"""What was imported: a script's episodes, characters and utterances."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from curation.enums import ScriptState, Severity, UtteranceKind

from .projects import Project


class Script(models.Model):
    """One source file and its way into the project."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="scripts")
    title = models.CharField(max_length=200)
    file_name = models.CharField(max_length=255)
    stored_path = models.CharField(max_length=255, help_text="below the folder of uploads")
    byte_size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    file_format = models.CharField(max_length=12, blank=True)
    encoding = models.CharField(max_length=20, blank=True)
    column_mapping = models.JSONField(default=dict, help_text="field of ours -> column of the file")
    preview = models.JSONField(default=dict, help_text="what the check showed, cut short")
    state = models.CharField(
        max_length=20, choices=ScriptState, default=ScriptState.UPLOADED, db_index=True
    )
    work_started_at = models.DateTimeField(null=True, help_text="of the check or import under way")
    rows_total = models.PositiveIntegerField(null=True)
    rows_done = models.PositiveIntegerField(default=0)
    episode_count = models.PositiveIntegerField(default=0)
    character_count = models.PositiveIntegerField(default=0)
    utterance_count = models.PositiveIntegerField(default=0)
    missing_row_count = models.PositiveIntegerField(default=0)
    error_code = models.CharField(max_length=60, blank=True)
    error_detail = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_owner = models.CharField(max_length=60, blank=True)
    lease_until = models.DateTimeField(null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    imported_at = models.DateTimeField(null=True)
    repairs_text = models.BooleanField(
        default=False, help_text="text once read in the wrong encoding is repaired"
    )
    revision = models.PositiveIntegerField(default=1, help_text="1 for the first file")
    replaces = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="replaced_by",
        help_text="the script this file corrects",
    )
    carry_over = models.JSONField(
        default=dict, help_text="what became of the annotations of the script it replaces"
    )
    client_key = models.CharField(
        max_length=64, blank=True, help_text="of the page's upload, to know a repeated one by"
    )

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "sha256"],
                condition=~Q(state=ScriptState.FAILED),
                name="script_once_per_project",
            )
        ]

    def __str__(self) -> str:
        return self.title


class ImportProblem(models.Model):
    """One thing the dry run found in a row of the file."""

    script = models.ForeignKey(Script, on_delete=models.CASCADE, related_name="problems")
    row_number = models.PositiveIntegerField(null=True, help_text="as a spreadsheet counts")
    severity = models.CharField(max_length=10, choices=Severity)
    code = models.CharField(max_length=60)
    message = models.TextField()

    class Meta:
        ordering = ["row_number", "pk"]

    def __str__(self) -> str:
        return f"row {self.row_number}: {self.message}"


class Character(models.Model):
    """A speaker of the project; an alias points at the character it stands for."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="characters")
    name = models.CharField(max_length=200, help_text="as written in the source")
    normalised_name = models.CharField(max_length=200)
    is_target = models.BooleanField(default=False)
    alias_of = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="aliases"
    )
    members = models.ManyToManyField(
        "self",
        symmetrical=False,
        blank=True,
        related_name="groups",
        help_text="who speaks together under this name",
    )
    utterance_count = models.PositiveIntegerField(default=0)
    colour = models.PositiveSmallIntegerField(default=0, help_text="0 to 11, of the palette")

    class Meta:
        ordering = ["-utterance_count", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "normalised_name"], name="character_once_per_project"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Episode(models.Model):
    """One episode of a script."""

    script = models.ForeignKey(Script, on_delete=models.CASCADE, related_name="episodes")
    season_number = models.PositiveIntegerField()
    episode_number = models.PositiveIntegerField()
    title = models.CharField(max_length=200, blank=True)
    utterance_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["season_number", "episode_number"]
        constraints = [
            models.UniqueConstraint(
                fields=["script", "season_number", "episode_number"],
                name="episode_once_per_script",
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}".strip()

    @property
    def code(self) -> str:
        """Season and episode as people write them: S1E3."""
        return f"S{self.season_number}E{self.episode_number}"


class Utterance(models.Model):
    """One row of the script: a speaker and a line, never changed after the import."""

    episode = models.ForeignKey(
        Episode,
        on_delete=models.CASCADE,
        related_name="utterances",
        db_index=False,  # two indexes begin with it
    )
    position = models.PositiveIntegerField(help_text="0 for the first of the episode")
    row_number = models.PositiveIntegerField(help_text="in the file, as a spreadsheet counts")
    source_index = models.IntegerField(null=True, help_text="the index column of the source")
    missing_before = models.PositiveIntegerField(
        default=0, help_text="rows the source lacks between the one before and this"
    )
    character = models.ForeignKey(
        Character, on_delete=models.PROTECT, null=True, related_name="utterances"
    )
    kind = models.CharField(max_length=12, choices=UtteranceKind, default=UtteranceKind.SPEECH)
    text = models.TextField()

    class Meta:
        ordering = ["position"]
        indexes = [models.Index(fields=["episode", "kind", "position"], name="utterance_by_kind")]
        constraints = [
            models.UniqueConstraint(
                fields=["episode", "position"], name="utterance_once_per_position"
            )
        ]

    def __str__(self) -> str:
        return f"{self.character or '—'}: {self.text[:60]}"
