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
        help_text="{character}, {script} and {scene}, the scene’s context note, are filled in. "
        "Leave empty for none.",
        initial=Recipe.system_template,
    )
    includes_context_note = forms.BooleanField(
        required=False,
        initial=True,
        label="Add the scene’s context note to the system message",
        help_text="Where the message says {scene}, else after it.",
    )
    names_speakers = forms.BooleanField(
        required=False, initial=True, label="Begin other speakers’ lines with their name"
    )
    joins = forms.ChoiceField(
        choices=[("line", "a new line"), ("space", "a space"), ("paragraph", "an empty line")],
        label="Between consecutive lines of one side",
        help_text="Lines that follow each other become one message.",
    )
    record_per = forms.ChoiceField(
        choices=[("dialogue", "each dialogue"), ("reply", "each reply of the character")],
        label="One record for",
        help_text="For each reply: a record that ends on it, with all that came before, of which "
        "only that reply is trained. More records and more tokens to pay for.",
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

    def clean(self) -> dict[str, Any]:
        """Refuse a template that asks for a note which is not to be added."""
        values: dict[str, Any] = super().clean() or {}
        names_scene = "{scene}" in values.get("system_template", "")
        if names_scene and not values.get("includes_context_note"):
            self.add_error(
                "system_template",
                "The message names {scene}, but the context note is not to be added. Tick it "
                "below, or take {scene} out.",
            )
        return values

    def recipe(self) -> Recipe:
        """Return the recipe that was chosen."""
        values = self.cleaned_data
        names = (
            "system_template",
            "includes_context_note",
            "names_speakers",
            "trained_turns",
            "max_tokens",
            "tokenizer",
        )
        return Recipe(
            **{name: values[name] for name in names},
            joins_with=JOINS[values["joins"]],
            record_per=values["record_per"],
        )

    def request_values(self) -> dict[str, Any]:
        """Return the arguments of :func:`curation.domain.datasets.request_dataset`."""
        values = self.cleaned_data
        return {
            "target": values["target"],
            "recipe": self.recipe(),
            "seed": values["seed"],
            "split_by": SplitBy(values["split_by"]),
            "validation_share": values["validation_share"] / 100,
            "client_key": values["client_key"] or None,
        }
