"""What the reader sends: batches of edits, notes, wishes."""

from __future__ import annotations

import json
from typing import Any

from django import forms

from curation.domain.scene_edits import SceneEdits
from rickproject.lib.text import TextField

MOST_EDITS = 10_000
LONGEST_TITLE = 200


class NumberListField(forms.Field):
    """A JSON list of whole numbers from 0 upwards."""

    default_error_messages = {
        "invalid": "This is not a list of whole numbers.",
        "too_many": "These are more than ten thousand changes at once.",
    }

    def to_python(self, value: Any) -> frozenset[int]:
        if value in self.empty_values:
            return frozenset()
        if not isinstance(value, list) or not all(
            type(one) is int and 0 <= one < 2**62 for one in value
        ):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        if len(value) > MOST_EDITS:
            raise forms.ValidationError(self.error_messages["too_many"], code="too_many")
        return frozenset(value)


class TitlesField(forms.Field):
    """A JSON object of scene titles by the key of the suggestion they were written over."""

    def to_python(self, value: Any) -> dict[int, str]:
        if value in self.empty_values:
            return {}
        if not isinstance(value, dict) or len(value) > MOST_EDITS:
            raise forms.ValidationError("These are not titles of suggestions.", code="invalid")
        keys = [key for key in value if key.isascii() and key.isdecimal() and len(key) < 19]
        if len(keys) < len(value):
            raise forms.ValidationError("These are not titles of suggestions.", code="invalid")
        title = TextField(max_length=LONGEST_TITLE, required=False)
        return {int(key): title.clean(text) for key, text in value.items()}


class LayerField(forms.ChoiceField):
    """Which layer the page showed: ``own`` or ``agreed``; empty where it does not say."""

    def __init__(self) -> None:
        super().__init__(choices=[("own", "own"), ("agreed", "agreed")], required=False)


class EditBatchForm(forms.Form):
    """One batch of the reader's edits, as its script sends it."""

    layer = LayerField()
    revision = forms.IntegerField(min_value=0)
    on = NumberListField(required=False)
    off = NumberListField(required=False)
    accepted = NumberListField(required=False)
    dismissed = NumberListField(required=False)
    reopened = NumberListField(required=False)
    titles = TitlesField(required=False)

    def edits(self) -> SceneEdits:
        """Return the batch as the domain takes it; call it on a valid form."""
        names = ("on", "off", "accepted", "dismissed", "reopened", "titles")
        return SceneEdits(**{name: self.cleaned_data[name] for name in names})


class PlainEditForm(forms.Form):
    """One press of a button in the reader without its script."""

    layer = LayerField()
    revision = forms.IntegerField(min_value=0)
    start = forms.IntegerField(min_value=0, required=False)
    join = forms.IntegerField(min_value=0, required=False)
    accept = forms.IntegerField(min_value=0, required=False)
    dismiss = forms.IntegerField(min_value=0, required=False)

    def clean(self) -> dict[str, Any]:
        """Read the field that stands beside the accepted suggestion, where it has one."""
        values = super().clean() or {}
        written = self.data.get(f"title-{values.get('accept')}")
        title = TextField(max_length=LONGEST_TITLE, required=False)
        values["title"] = None if written is None else title.clean(written)
        return values


class RevisionForm(forms.Form):
    """The revision of the scenes that a person saw."""

    layer = LayerField()
    revision = forms.IntegerField(min_value=0)


class SubmitForm(RevisionForm):
    """A submission, with the key by which the page knows it again."""

    client_key = TextField(max_length=64, required=False)
    stays = forms.BooleanField(required=False)


class SuggestForm(forms.Form):
    """About how many scenes to suggest."""

    scenes = forms.IntegerField(
        min_value=1,
        max_value=5000,
        required=False,
        label="About how many scenes",
        help_text="Empty: as many as the speakers suggest.",
    )


class NoteForm(forms.Form):
    """Title and context note of a scene."""

    revision = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    title = TextField(max_length=LONGEST_TITLE, required=False, label="Title")
    text = TextField(
        max_length=5000,
        required=False,
        label="Context note",
        widget=forms.Textarea(attrs={"rows": 8, "class": "prose"}),
        help_text="Where they are, who is there, what just happened.",
    )


class RestoreForm(forms.Form):
    """Which revision of a note to bring back, and the newest one that was read."""

    revision = forms.IntegerField(min_value=0)
    restored = forms.IntegerField(min_value=1)


class EpisodeFilterForm(forms.Form):
    """Which episodes the list shows."""

    q = TextField(max_length=100, required=False, label="Title or code")
    state = forms.ChoiceField(
        required=False,
        label="State",
        choices=[
            ("", "any state"),
            ("untouched", "untouched"),
            ("in_progress", "in progress"),
            ("submitted", "submitted"),
        ],
    )


def read_json(body: bytes) -> dict[str, Any]:
    """Return a request's JSON object; anything else is an empty one, which no form accepts."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
