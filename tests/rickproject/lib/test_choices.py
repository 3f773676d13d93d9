"""A drop-down of many choices."""

from django import forms
from pytest_django.asserts import assertHTMLEqual

from rickproject.lib.choices import LongSelect

CHOICES = [("", "any"), (1, "S1E1 <Moon>"), (2, "S1E2")]


class Both(forms.Form):
    ours = forms.ChoiceField(choices=CHOICES, widget=LongSelect)
    theirs = forms.ChoiceField(choices=CHOICES)


def test_long_select_writes_what_django_does() -> None:
    for value in ("", "2", "moon"):
        form = Both({"ours": value, "theirs": value})
        assertHTMLEqual(str(form["ours"]).replace("ours", "theirs"), str(form["theirs"]))


def test_long_select_writes_no_html_of_others() -> None:
    assert "&lt;Moon&gt;" in str(Both()["ours"])
