import pytest
from django.core.exceptions import ValidationError

from rickproject.lib.text import TextField, text_problem


@pytest.mark.parametrize(
    "text", ["", "plain", "two\r\nlines\tand a tab", "Grüße, 日本 🛸", "a\u2028b"]
)
def test_text_problem_has_nothing_against_what_people_write(text: str) -> None:
    assert text_problem(text) == ""


@pytest.mark.parametrize(
    ("text", "code"),
    [("a\0b", "U+0000"), ("\a", "U+0007"), ("\x85", "U+0085"), ("\ud800", "U+D800")],
)
def test_text_problem_names_the_character(text: str, code: str) -> None:
    assert f"({code})" in text_problem(text)


def test_text_field_says_one_sentence() -> None:
    with pytest.raises(ValidationError) as caught:
        TextField().clean("a\0b")
    assert len(caught.value.messages) == 1
    assert "cannot be kept" in caught.value.messages[0]
