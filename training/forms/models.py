"""What a manager does with a model."""

from django import forms

from rickproject.lib.text import TextField
from training.domain.model_stages import MOST_REASON

ACTIONS = ("promote", "retire", "restore", "open", "close", "delete")


class ModelForm(forms.Form):
    """One action, and why."""

    action = forms.ChoiceField(choices=[(name, name) for name in ACTIONS])
    reason = TextField(max_length=MOST_REASON, required=False, widget=forms.Textarea({"rows": 2}))
