"""How a project is cut, and what an adjudicator chose."""

from __future__ import annotations

import re

from django import forms

from curation.domain.layers import MOST_ANNOTATORS
from curation.enums import SegmentationMode
from rickproject.lib.text import TextField

PRESSES = frozenset("mur")
CHOICE = re.compile(r"(\d{1,9}):([1-9])")


class CuttingForm(forms.Form):
    """The project's way of cutting episodes into scenes."""

    mode = forms.ChoiceField(
        label="How annotators cut",
        choices=[
            (
                SegmentationMode.BLIND,
                "Blind: each cuts a layer of their own and sees the others after submitting",
            ),
            (SegmentationMode.SHARED, "Shared: all cut the same scenes and see each other at work"),
        ],
        widget=forms.RadioSelect,
    )
    annotators = forms.IntegerField(
        label="Annotators an episode",
        min_value=1,
        max_value=MOST_ANNOTATORS,
        help_text="Finished layers an episode needs. With one, a submitted layer is agreed.",
    )


class SplitForm(forms.Form):
    """What was pressed: the majority, undo, redo, or a split and an annotator's number."""

    choice = TextField(max_length=12)

    def clean_choice(self) -> str:
        """Refuse anything else."""
        choice: str = self.cleaned_data["choice"]
        if choice not in PRESSES and not CHOICE.fullmatch(choice):
            msg = "This press was not understood."
            raise forms.ValidationError(msg)
        return choice

    def split(self) -> tuple[int, int]:
        """Return position and annotator's number; call it on a valid form that is not ``m``."""
        position, _, annotator = self.cleaned_data["choice"].partition(":")
        return int(position), int(annotator)


class CompareForm(forms.Form):
    """Two revisions to lay side by side."""

    old = forms.IntegerField(min_value=0, max_value=2**31 - 1)
    new = forms.IntegerField(min_value=0, max_value=2**31 - 1)


class RestoreLayerForm(forms.Form):
    """The change to go back to, and the layer's revision that the person saw."""

    restored = forms.IntegerField(min_value=1, max_value=2**31 - 1)
    revision = forms.IntegerField(min_value=0)
