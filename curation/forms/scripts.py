"""What a manager says about a script file and its characters."""

from typing import Any

from django import forms

from curation.domain.script_files import EXTENSIONS, FIELDS, READ_FORMATS, REQUIRED_FIELDS
from curation.enums import ScriptState
from curation.models import Character, Project, Script
from curation.queries.scripts import project_characters
from rickproject.config import get_config
from rickproject.lib.text import TextField

ENDINGS = ",".join(EXTENSIONS)


class ScriptFilterForm(forms.Form):
    """Which scripts the list shows."""

    state = forms.ChoiceField(choices=[("", "any state"), *ScriptState.choices], required=False)


class UploadForm(forms.Form):
    """A script file and its title."""

    file = forms.FileField(
        allow_empty_file=True,
        max_length=255,
        widget=forms.ClearableFileInput(attrs={"accept": ENDINGS, "data-drop-file": ""}),
        error_messages={
            "required": "Choose a file first.",
            "max_length": "The file's name is too long. Give it a shorter one.",
        },
    )
    title = TextField(max_length=200, required=False, help_text="If left empty, the file's name.")
    replaces = forms.ModelChoiceField(
        Script.objects.none(), required=False, widget=forms.HiddenInput
    )
    client_key = TextField(max_length=64, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        current = Script.objects.filter(project=project, state=ScriptState.IMPORTED)
        self.fields["replaces"].queryset = current  # type: ignore[attr-defined]
        self.fields["file"].help_text = f"{READ_FORMATS}, up to {get_config().upload_limit_mb} MB."


class MappingForm(forms.Form):
    """Which column of the file holds what."""

    def __init__(self, *args: Any, script: Script, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        columns = script.preview.get("columns", [])
        guess = script.column_mapping or script.preview.get("guess", {})
        for name, label in FIELDS.items():
            required = name in REQUIRED_FIELDS
            self.fields[name] = forms.ChoiceField(
                label=label.capitalize(),
                required=required,
                choices=[
                    ("", "choose" if required else "none"),
                    *zip(columns, columns, strict=True),
                ],
                initial=guess.get(name, ""),
                error_messages={"required": f"Choose the column for {label}."},
            )


class RepairForm(forms.Form):
    """Whether text once read in the wrong encoding is repaired."""

    repairs = forms.TypedChoiceField(
        choices=[("yes", "yes"), ("no", "no")], coerce=lambda value: value == "yes"
    )


class TargetForm(forms.Form):
    """Whether a character's lines are learnt."""

    is_target = forms.TypedChoiceField(
        choices=[("yes", "yes"), ("no", "no")], coerce=lambda value: value == "yes"
    )


class MembersForm(forms.Form):
    """Who speaks together under a name."""

    joint = forms.ModelChoiceField(Character.objects.none(), label="The name")
    members = forms.ModelMultipleChoiceField(
        Character.objects.none(),
        label="is spoken together by",
        required=False,
        help_text="Choose nobody to make it a speaker of its own again.",
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        characters = project_characters(project)
        self.fields["joint"].queryset = characters  # type: ignore[attr-defined]
        self.fields["members"].queryset = characters.filter(  # type: ignore[attr-defined]
            members=None
        )


class AliasForm(forms.Form):
    """Whose other name a character is."""

    character = forms.ModelChoiceField(Character.objects.none(), label="The name")
    alias_of = forms.ModelChoiceField(
        Character.objects.none(), label="is another name of", required=False, empty_label="nobody"
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        characters = project_characters(project)
        self.fields["character"].queryset = characters  # type: ignore[attr-defined]
        main = characters.filter(alias_of=None)
        self.fields["alias_of"].queryset = main  # type: ignore[attr-defined]
