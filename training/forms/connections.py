"""A connection as an operator fills it in: the key goes in and never comes out."""

from typing import Any

from django import forms

from rickproject.lib.text import TextField
from training.domain.connections import ConnectionRuleError, check_connection
from training.models import ProviderConnection

SECRETS = ("new_key", "new_webhook_secret")
TEXTS = ("name", "base_url", "base_models", "moderation_model", "closing_source")
RULES = (
    "hyperparameters",
    "base_models",
    "adds_byte_order_mark",
    "longest_suffix",
    "can_pause",
    "has_checkpoints",
    "is_validation_billed",
    "moderation_model",
    "last_job_on",
    "closing_source",
)


CHOICES = [("unknown", "as the preset has it"), ("true", "yes"), ("false", "no")]


class RowsField(forms.JSONField):
    """JSON that is empty where nothing was written."""

    def prepare_value(self, value: Any) -> Any:
        """Show nothing for nothing."""
        return "" if value is None else super().prepare_value(value)


class ConnectionForm(forms.ModelForm[ProviderConnection]):
    """The stored key is shown by its last characters only."""

    new_key = TextField(
        label="Key",
        required=False,
        strip=True,
        max_length=500,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off"}),
    )

    new_webhook_secret = TextField(
        label="Webhook secret",
        required=False,
        strip=True,
        max_length=500,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off"}),
    )

    class Meta:
        model = ProviderConnection
        fields = ("name", "key", "preset", "base_url", "is_open", *RULES)
        field_classes = dict.fromkeys(TEXTS, TextField) | {"hyperparameters": RowsField}
        widgets = {"base_models": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field.widget, forms.NullBooleanSelect):
                field.widget.choices = CHOICES
        row = self.instance
        words = "Sealed before it is stored, never shown again."
        if row.sealed_key:
            end = f", ending in {row.key_end}" if row.key_end else ""
            words = f"A key is stored{end}. Leave this empty to keep it."
        self.fields["new_key"].help_text = words
        stored = "One is stored; leave this empty to keep it. " if row.sealed_webhook_secret else ""
        self.fields[
            "new_webhook_secret"
        ].help_text = (
            f"{stored}Only where the provider sends webhooks, to /webhooks/SHORT-NAME/ here."
        )

    def clean(self) -> dict[str, Any]:
        """Check the row as a whole, as the domain does."""
        values = super().clean() or {}
        if self.errors:
            return values
        row = ProviderConnection(pk=self.instance.pk)
        for name in ("name", "key", "preset", "base_url", "is_open", *RULES):
            if name in values:
                setattr(row, name, values[name])
        row.key = row.key or self.instance.key  # read-only once it is stored
        try:
            check_connection(row, new_key=values.get("new_key", ""))
        except ConnectionRuleError as error:
            self.add_error(None, str(error))
        return values
