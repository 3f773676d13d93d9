"""Keys with which programs ask in a person's name."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from curation.models import Project


class ApiKey(models.Model):
    """A person's key for the OpenAI protocol: some projects, some deeds, some tokens a month.

    What the person may not do, the key may not either: roles are looked at with every request.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys"
    )
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=16, help_text="the key's beginning, to tell it by")
    key_sha256 = models.CharField(max_length=64, unique=True)
    projects = models.ManyToManyField(Project, related_name="+")
    may_chat = models.BooleanField(default=True)
    may_files = models.BooleanField(default=False)
    may_train = models.BooleanField(default=False)
    may_train_uploads = models.BooleanField(default=False)
    tokens_per_month = models.PositiveBigIntegerField(
        null=True, help_text="empty for the operator's limit"
    )
    usage_month = models.DateField(null=True, help_text="the first day of the month counted")
    used_tokens = models.PositiveBigIntegerField(
        default=0, help_text="of that month, with what running answers may still take"
    )
    request_count = models.PositiveBigIntegerField(default=0, help_text="of completions, ever")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "API key"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def deeds(self) -> list[str]:
        """What the key was made for, in words."""
        words = {
            "chat": self.may_chat,
            "files": self.may_files,
            "train": self.may_train,
            "also on uploads": self.may_train_uploads,
        }
        return [word for word, may in words.items() if may]

    @property
    def used_this_month(self) -> int:
        """Tokens of the present month."""
        is_now = self.usage_month == timezone.now().date().replace(day=1)
        return self.used_tokens if is_now else 0


class TokenReservation(models.Model):
    """What a running answer may still use of a key's month; gone when the answer has ended."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="reservations")
    month = models.DateField(help_text="the first day of the month counted")
    tokens = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.tokens} tokens of {self.key_id}"
