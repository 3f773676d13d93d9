"""What managers write as guidelines."""

from django import forms

from curation.domain.guidelines import LONGEST_TEXT
from rickproject.lib.text import TextField


class GuidelineForm(forms.Form):
    """The text, what changed in it, and the revision that was changed."""

    text = TextField(
        label="Guidelines",
        max_length=LONGEST_TEXT,
        strip=False,
        required=False,
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "true"}),
        help_text="Markdown: # heading, - list, **strong**, [words](https://address), tables.",
    )
    summary = TextField(
        label="What changed", max_length=200, required=False, help_text="For the list of revisions."
    )
    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def clean_text(self) -> str:
        """Keep one kind of line end, so that revisions compare."""
        text: str = self.cleaned_data["text"]
        return text.replace("\r\n", "\n").replace("\r", "\n")


class SeenForm(forms.Form):
    """The revision that was on the page."""

    seen = forms.IntegerField(min_value=0, max_value=2_000_000_000)
