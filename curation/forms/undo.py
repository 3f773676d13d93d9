"""What a message offers to take back: a word and the numbers of what it was done to."""

from django import forms

from rickproject.lib.numbers import is_key
from rickproject.lib.text import TextField

KINDS = ("made", "submitted", "scenes")
MOST_TOGETHER = 50


def undo_tag(kind: str, keys: list[int]) -> str:
    """Return how a message offers to take something back; empty where it is too much at once."""
    if not 0 < len(keys) <= MOST_TOGETHER:
        return ""
    return f"{kind} {','.join(str(key) for key in keys)}"


class UndoForm(forms.Form):
    """One step to take back, as :func:`undo_tag` wrote it; cleaned to its word and numbers."""

    what = TextField(max_length=2_000)

    def clean_what(self) -> tuple[str, list[int]]:
        """Read the word and the numbers."""
        kind, _, keys = self.cleaned_data["what"].partition(" ")
        numbers = keys.split(",")
        if kind not in KINDS or len(numbers) > MOST_TOGETHER or not all(map(is_key, numbers)):
            msg = "This was not understood."
            raise forms.ValidationError(msg)
        return kind, [int(number) for number in numbers]
