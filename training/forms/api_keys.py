"""What a person chooses for a new API key."""

from typing import Any

from django import forms
from django.contrib.auth.models import User

from curation.models import Project
from rickproject.config import get_config
from rickproject.lib.text import TextField
from training.queries.api_keys import projects_of

NEVER = "0"
DEEDS = (
    ("may_chat", "Chat", "List models and ask them."),
    ("may_files", "Files", "Upload training files, list and read a project's files."),
    ("may_train", "Training", "Start, follow, pause and cancel fine-tuning jobs."),
    (
        "may_train_uploads",
        "Training on uploaded files",
        "Else only on datasets that an admin approved.",
    ),
)


class ApiKeyForm(forms.Form):
    """A name to tell the key by, what it opens, how much and how long."""

    name = TextField(max_length=80, help_text="Where you will use it, such as “notebook”.")
    projects = forms.ModelMultipleChoiceField(
        Project.objects.none(), widget=forms.CheckboxSelectMultiple
    )
    tokens_per_month = forms.IntegerField(
        min_value=1, required=False, label="Tokens a month", help_text=""
    )
    days = forms.TypedChoiceField(
        choices=[("30", "30 days"), ("90", "90 days"), ("365", "a year"), (NEVER, "until revoked")],
        coerce=lambda text: None if text == NEVER else int(text),
        initial="90",
        label="Works for",
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        projects = projects_of(user)
        field: Any = self.fields["projects"]
        field.queryset = projects
        field.initial = list(projects[:2]) if projects.count() == 1 else []
        most = get_config().api_tokens_per_month
        self.fields["tokens_per_month"].help_text = f"Read and written; at most {most:,}."
        for name, label, words in DEEDS:
            self.fields[name] = forms.BooleanField(
                label=label, required=False, help_text=words, initial=name == "may_chat"
            )
        self.order_fields(["name", "projects", *(deed for deed, _, _ in DEEDS)])
