"""Keys that people chose for themselves."""

from django.conf import settings
from django.db import models


class KeyChoice(models.Model):
    """The keys one person gave one command; without a row its default keys run it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="key_choices"
    )
    command = models.CharField(max_length=60, help_text="its name in the key map")
    keys = models.CharField(
        max_length=80, blank=True, help_text="as the key map writes them; empty is switched off"
    )

    class Meta:
        ordering = ["command"]
        constraints = [models.UniqueConstraint(fields=["user", "command"], name="key_choice_once")]

    def __str__(self) -> str:
        return f"{self.command}: {self.keys or 'off'}"
