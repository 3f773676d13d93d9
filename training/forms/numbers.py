"""Fields that take one number or several, to be tried one after the other."""

import math
import re
from typing import Any

from django import forms

from training.providers.capabilities import Hyperparameter

SEPARATORS = re.compile(r"[,;\s]+")
LONGEST = 200


class NumbersField(forms.CharField):
    """Numbers between commas, each within the limits of a setting; empty is None."""

    def __init__(self, setting: Hyperparameter, **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST, **kwargs)
        self.setting = setting
        self.widget.attrs |= {"inputmode": "decimal", "placeholder": setting.default}

    def clean(self, value: Any) -> list[float] | None:
        """Return the numbers in the order in which they were named, each once.

        Raises:
            ValidationError: one is no number, or not one that the setting takes.
        """
        text = super().clean(value)
        parts = [part for part in SEPARATORS.split(text or "") if part]
        return list(dict.fromkeys(self._number(part) for part in parts)) or None

    def _number(self, text: str) -> float:
        try:
            number = float(text)
        except ValueError as error:
            msg = f"“{text}” is no number; write 0.5 with a point, and commas between several."
            raise forms.ValidationError(msg) from error
        if not math.isfinite(number):
            msg = f"“{text}” is no number that a setting can have."
            raise forms.ValidationError(msg)
        if problem := self.setting.problem(number):
            raise forms.ValidationError(problem)
        return int(number) if self.setting.whole else number
