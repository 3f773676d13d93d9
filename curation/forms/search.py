"""What is searched for."""

from django import forms

from rickproject.lib.text import TextField

MOST_PAGES = 1000


class SearchForm(forms.Form):
    """Words, and the page of the lines they are in; both live in the address."""

    q = TextField(
        min_length=2,
        max_length=100,
        label="Search",
        widget=forms.TextInput(attrs={"type": "search", "autofocus": "", "autocomplete": "off"}),
        error_messages={
            "required": "Type what you look for.",
            "min_length": "Type at least two characters.",
        },
    )
    page = forms.IntegerField(
        min_value=1, max_value=MOST_PAGES, required=False, widget=forms.HiddenInput
    )
