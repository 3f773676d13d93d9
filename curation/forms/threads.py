"""What people say about a place of the work."""

from django import forms

from curation.domain.threads import LONGEST_COMMENT
from rickproject.lib.text import TextField


class CommentForm(forms.Form):
    """One comment, plain text."""

    text = TextField(
        label="Comment",
        max_length=LONGEST_COMMENT,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "true", "data-mentions": ""}),
    )


class LineCommentForm(CommentForm):
    """A thread's first comment, on a line or on the scene that starts there."""

    about = forms.ChoiceField(
        choices=[("line", "this line"), ("scene", "the scene that starts here")],
        widget=forms.RadioSelect,
        required=False,
        label="About",
    )
