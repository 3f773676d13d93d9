"""Who gets which place, as the manager's pages send it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import User

from curation.enums import WorkKind

MOST_CHANGES = 1_000
SHOWN_KINDS = [("scenes", "Scenes"), ("dialogues", "Dialogues")]


class KindForm(forms.Form):
    """Which work is shown; it lives in the address."""

    kind = forms.ChoiceField(choices=SHOWN_KINDS)


class EndForm(forms.Form):
    """What a person says of their own place."""

    kind = forms.ChoiceField(choices=WorkKind.choices)
    action = forms.ChoiceField(choices=[("give_back", "give back"), ("done", "done")])


class PairsField(forms.Field):
    """``episode:person`` pairs; what is none of them is refused."""

    def to_python(self, value: Any) -> Any:
        try:
            pairs = [part.split(":") for part in str(value or "").split(",") if part]
            found = {(int(episode), int(person)) for episode, person in pairs}
        except ValueError as error:
            msg = "Choose from the table."
            raise forms.ValidationError(msg) from error
        if len(found) > MOST_CHANGES or any(min(pair) < 0 or max(pair) >= 2**62 for pair in found):
            msg = "These are too many at once."
            raise forms.ValidationError(msg)
        return found


class GridForm(forms.Form):
    """The ticks of the table as they were shown, and as they are now."""

    was = PairsField(required=False)
    now = PairsField(required=False)

    def __init__(self, data: Any) -> None:
        super().__init__({name: ",".join(data.getlist(name)) for name in ("was", "now")})


class ShareForm(forms.Form):
    """Among whom the free places are shared out."""

    people = forms.ModelMultipleChoiceField(
        User.objects.none(),
        label="Among",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose who gets the work."},
    )

    def __init__(self, data: Any, *, people: list[User], chosen: list[int]) -> None:
        super().__init__(data, initial={"people": chosen})
        field = self.fields["people"]
        assert isinstance(field, forms.ModelMultipleChoiceField)  # noqa: S101  # for types
        field.queryset = User.objects.filter(pk__in=[one.pk for one in people]).order_by("username")
        field.label_from_instance = _name  # type: ignore[method-assign,assignment]


def _name(person: User) -> str:
    return person.get_full_name() or person.username
