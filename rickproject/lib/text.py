"""Text that people and files send: what no database, page or model should be given is refused."""

import re

from django import forms
from django.core.exceptions import ValidationError

# Control characters but tab and line ends, and halves of surrogate pairs: PostgreSQL stores no
# NUL, UTF-8 has no halves, and nobody can see the others.
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def text_problem(text: str) -> str:
    """Return the sentence that refuses a text, empty where there is nothing against it."""
    found = UNWRITABLE.search(text)
    if not found:
        return ""
    code = f"U+{ord(found[0]):04X}"
    return f"This holds a control character ({code}) that cannot be kept. Type it again without."


def validate_text(text: str) -> None:
    """Refuse what :func:`text_problem` refuses.

    Raises:
        ValidationError: with that sentence.
    """
    if problem := text_problem(text):
        raise ValidationError(problem, code="control_character")


class TextField(forms.CharField):
    """A form's text; every form of ours has this one in place of Django's."""

    def run_validators(self, value: str) -> None:
        """Say the first problem only: Django has words of its own for NUL."""
        validate_text(value)
        super().run_validators(value)
