"""What people send about suggestions of language models."""

from django import forms

from rickproject.lib.text import TextField
from training.enums import SuggestionKind

MOST_SHOWN = 50


class AskForm(forms.Form):
    """What a language model is asked for."""

    kind = forms.ChoiceField(choices=SuggestionKind)
    position = forms.IntegerField(required=False, min_value=0)
    client_key = TextField(required=False, max_length=64)


class DraftForm(forms.Form):
    """A drafted title and note as the person leaves them."""

    draft = forms.IntegerField(min_value=1)
    revision = forms.IntegerField(min_value=0)
    title = TextField(required=False, max_length=200)
    text = TextField(required=False, max_length=5000)


class ShownDraftsForm(forms.Form):
    """The drafts that the page showed, each with the note's revision beside it."""

    shown = TextField(max_length=2000)

    def clean_shown(self) -> list[tuple[int, int]]:
        """Read ``draft:revision`` pairs."""
        try:
            pairs = [
                (int(draft), int(revision))
                for draft, revision in (
                    part.split(":") for part in self.cleaned_data["shown"].split()
                )
            ]
        except ValueError:
            raise forms.ValidationError("Load the page again.") from None
        if not 0 < len(pairs) <= MOST_SHOWN:
            raise forms.ValidationError("Load the page again.")
        return pairs
