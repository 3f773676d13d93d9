"""What a person wants by e-mail."""

from zoneinfo import available_timezones

from django import forms

from curation.enums import MailChoice


def _zones() -> list[tuple[str, str]]:
    named = {name for name in available_timezones() if "/" in name and not name.startswith("Etc/")}
    return [(name, name.replace("_", " ")) for name in ["UTC", *sorted(named)]]


class MailForm(forms.Form):
    """When notifications come by e-mail."""

    choice = forms.ChoiceField(
        choices=MailChoice, widget=forms.RadioSelect, label="Notifications by e-mail"
    )
    hour = forms.TypedChoiceField(
        choices=[(hour, f"{hour}:00") for hour in range(24)], coerce=int, label="Once a day at"
    )
    time_zone = forms.ChoiceField(choices=_zones, label="Time zone")
