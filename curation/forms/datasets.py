"""What a manager chooses for a dataset."""

from typing import Any

from django import forms

from curation.domain.training_records import Recipe
from curation.enums import SplitBy
from curation.models import Character, Project
from rickproject.lib.text import TextField
from rickproject.lib.tokens import available_tokenizers

JOINS = {"line": "\n", "space": " ", "paragraph": "\n\n"}  # browsers send line ends changed


class BuildForm(forms.Form):
    """The recipe, the seed and the split of a new version."""

    target = forms.ModelChoiceField(Character.objects.none(), empty_label=None, label="Character")
    system_template = TextField(
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="System message",
        help_text="{character} and {script} are filled in. Leave empty for none.",
        initial=Recipe.system_template,
    )
    includes_context_note = forms.BooleanField(
        required=False, initial=True, label="Add the scene’s context note to the system message"
    )
    names_speakers = forms.BooleanField(
        required=False, initial=True, label="Begin other speakers’ lines with their name"
    )
    joins = forms.ChoiceField(
        choices=[("line", "a new line"), ("space", "a space"), ("paragraph", "an empty line")],
        required=False,
        label="Between consecutive lines of one side",
        help_text="Lines that follow each other become one message.",
    )
    trained_turns = forms.ChoiceField(
        choices=[("all", "every reply of the character"), ("last", "only the last reply")],
        label="Train on",
    )
    max_tokens = forms.IntegerField(
        min_value=16,
        max_value=65_536,
        initial=Recipe.max_tokens,
        label="Longest record, in tokens",
        help_text="A longer one is an error, never cut.",
    )
    tokenizer = forms.ChoiceField(label="Tokens counted by")
    split_by = forms.ChoiceField(
        choices=SplitBy.choices,
        initial=SplitBy.SCENE,
        help_text="What stays on one side. Neighbours in a scene resemble each other. Evenly: each "
        "season, and short and long dialogues, give their share to both sides.",
    )
    validation_share = forms.IntegerField(
        min_value=0, max_value=50, initial=10, label="For validation, in %"
    )
    seed = forms.IntegerField(min_value=0, max_value=2**31 - 1, initial=1)
    client_key = TextField(max_length=64, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        targets = Character.objects.filter(project=project, is_target=True)
        self.fields["target"].queryset = targets  # type: ignore[attr-defined]
        names = available_tokenizers(project.slug)
        self.fields["tokenizer"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]

    def request_values(self) -> dict[str, Any]:
        """Return the arguments of :func:`curation.domain.datasets.request_dataset`."""
        values = self.cleaned_data
        names = (
            "system_template",
            "includes_context_note",
            "names_speakers",
            "trained_turns",
            "max_tokens",
            "tokenizer",
        )
        return {
            "target": values["target"],
            "recipe": Recipe(
                **{name: values[name] for name in names},
                joins_with=JOINS[values["joins"] or "line"],
            ),
            "seed": values["seed"],
            "split_by": SplitBy(values["split_by"]),
            "validation_share": values["validation_share"] / 100,
            "client_key": values["client_key"] or None,
        }
