"""What a reviewer writes into a dialogue, and how a project reviews."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from curation.domain.dialogue_shape import LONGEST_TEXT, DialogueShapeError
from curation.domain.review_rules import MOST_APPROVALS
from curation.models import DialogueUtterance
from rickproject.lib.text import TextField


class FixForm(forms.Form):
    """A text and a tick for every line of a dialogue."""

    def __init__(self, data: Any, *, members: Iterable[DialogueUtterance]) -> None:
        super().__init__(data)
        self.lines = [row.utterance_id for row in members]
        rows = {row.utterance_id: row for row in members}
        for pk in self.lines:
            row = rows[pk]
            shown = row.utterance.text if row.training_text is None else row.training_text
            who = row.utterance.character.name if row.utterance.character else "nobody"
            said = f"What {who} says in row {row.utterance.position + 1}"
            self.fields[f"text-{pk}"] = TextField(
                required=False,
                strip=False,
                max_length=LONGEST_TEXT,
                initial=shown,
                widget=forms.Textarea(
                    attrs={"rows": 2, "aria-label": said, "data-fix": "", "form": "decision"}
                ),
            )
            self.fields[f"drop-{pk}"] = forms.BooleanField(
                required=False,
                initial=row.is_dropped,
                label="leave out",
                widget=forms.CheckboxInput(attrs={"form": "decision"}),
            )

    def row(self, member: DialogueUtterance) -> dict[str, Any]:
        """Return the two fields of a line."""
        pk = member.utterance_id
        return {"text": self[f"text-{pk}"], "drop": self[f"drop-{pk}"]}

    def changes(self) -> dict[str, Any]:
        """Return ``texts`` and ``dropped`` as the domain takes them.

        Raises:
            DialogueShapeError: a text cannot be kept.
        """
        if not self.is_valid():
            raise DialogueShapeError(str(next(iter(self.errors.values()))[0]))
        values = self.cleaned_data
        return {
            "texts": {pk: values[f"text-{pk}"] for pk in self.lines},
            "dropped": {pk for pk in self.lines if values[f"drop-{pk}"]},
        }


class RulesForm(forms.Form):
    """How many approve a dialogue, and how many dialogues are read again."""

    approvals = forms.IntegerField(
        label="Approvals a dialogue needs",
        min_value=1,
        max_value=MOST_APPROVALS,
        help_text="Each by another person, and never by who had a hand in it.",
    )
    percent = forms.IntegerField(
        label="Read again, in percent",
        min_value=0,
        max_value=100,
        help_text="Of the approved dialogues: drawn by chance, for a second person who is not "
        "told that they are approved.",
    )
    seed = forms.IntegerField(
        label="Seed of the draw",
        min_value=0,
        max_value=2**31 - 1,
        help_text="The same seed draws the same dialogues.",
    )
