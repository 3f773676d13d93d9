"""What a tester may choose."""

from typing import Any

from django import forms
from django.contrib.auth.models import User

from curation.models import Project
from rickproject.lib.text import TextField
from training.domain.chat import MAXIMUM_TEXT
from training.enums import ModelStage
from training.models import Conversation, ModelVersion
from training.queries.conversations import speaker_names, talkable_models


class ModelField(forms.ModelChoiceField[ModelVersion]):
    """Models by name and by what they are."""

    def label_from_instance(self, obj: ModelVersion) -> str:
        """Tell the fine-tuned models from the base that is only prompted."""
        stage = " (live)" if obj.stage == ModelStage.LIVE else ""
        return f"{obj.name}{stage}, {obj.what}"


class StartForm(forms.Form):
    """Which model to talk to, and as whom."""

    model = ModelField(ModelVersion.objects.none(), empty_label=None)
    speaker_name = forms.ChoiceField(label="Speak as", required=False)

    def __init__(self, *args: Any, project: Project, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["model"].queryset = talkable_models(project, user)  # type: ignore[attr-defined]
        self.fields["speaker_name"].choices = speaker_choices(project)  # type: ignore[attr-defined]


class SettingsForm(forms.ModelForm[Conversation]):
    """How a conversation goes on; earlier replies keep what they were made with."""

    model = ModelField(ModelVersion.objects.none(), empty_label=None)
    temperature = forms.FloatField(min_value=0, max_value=2, help_text="0 dull, 2 wild")
    top_p = forms.FloatField(min_value=0.01, max_value=1, label="Top-p")
    max_tokens = forms.IntegerField(min_value=1, max_value=2000, label="Longest reply, in tokens")
    seed = forms.IntegerField(
        min_value=0, max_value=2**31 - 1, required=False, help_text="Empty for chance."
    )
    system_message = TextField(
        widget=forms.Textarea(attrs={"rows": 4}), required=False, max_length=MAXIMUM_TEXT
    )

    class Meta:
        model = Conversation
        fields = [
            "model",
            "uses_system_message",
            "system_message",
            "stops_at_names",
            "temperature",
            "top_p",
            "max_tokens",
            "seed",
        ]
        labels = {
            "uses_system_message": "Send the system message",
            "stops_at_names": "End a reply where the model goes on as somebody else",
        }
        help_texts = {"stops_at_names": "Its own name before what it says is taken off, too."}

    def __init__(self, *args: Any, project: Project, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["model"].queryset = talkable_models(project, user)  # type: ignore[attr-defined]


class RenameForm(forms.Form):
    """A conversation's title."""

    title = TextField(max_length=200)


def speaker_choices(project: Project) -> list[tuple[str, str]]:
    """Return the choices of "speak as"; nobody means without a name."""
    return [("", "nobody"), *((name, name) for name in speaker_names(project))]
