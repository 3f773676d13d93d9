"""What a manager chooses for a fine-tuning job, in the provider's own names and limits."""

from typing import Any

from django import forms

from curation.models import DatasetVersion, Project
from rickproject.lib.text import TextField
from training.domain.order_checks import MOST_SEED
from training.enums import Objective
from training.forms.numbers import NumbersField
from training.models import ModelVersion
from training.providers.capabilities import LOCAL, SCRIPT_BASE, Capabilities, Hyperparameter
from training.queries.jobs import startable_models, trainable_datasets

OTHER = ""
SEED = Hyperparameter(name="seed", label="Seed", whole=True, maximum=MOST_SEED)
SETTING_PREFIX = "setting_"


class DatasetChoice(forms.ModelChoiceField[DatasetVersion]):
    """Approved versions, named by what is in them."""

    def label_from_instance(self, obj: DatasetVersion) -> str:
        """Name a version by its number, its character and its size."""
        return f"{obj.number}: {obj.target_character}, {obj.train_count} records to learn"


class ModelChoice(forms.ModelChoiceField[ModelVersion]):
    """Models to go on from, named with the dataset they know."""

    def label_from_instance(self, obj: ModelVersion) -> str:
        """Name a model and what it was trained on."""
        return f"{obj.name}, {obj.what}"


class JobForm(forms.Form):
    """One job at one provider; settings left empty are chosen by the provider."""

    dataset = DatasetChoice(DatasetVersion.objects.none(), empty_label=None)
    base_model = forms.ChoiceField(label="Base model", required=False)
    other_base = TextField(max_length=200, required=False, label="Another base model")
    budget_usd = forms.DecimalField(
        min_value=0,
        max_digits=8,
        decimal_places=2,
        required=False,
        label="Budget, in US dollars",
        help_text="The job is refused when it is estimated to cost more.",
    )
    objective = forms.ChoiceField(
        choices=[
            (Objective.SFT.value, "the approved records"),
            (Objective.DPO.value, "preference pairs: replies that reviewers fixed, against before"),
        ],
        required=False,
        label="Learn from",
        help_text="Preference pairs (DPO) polish a model that has learnt the records.",
    )
    start_model = ModelChoice(
        ModelVersion.objects.none(),
        required=False,
        empty_label="the base model itself",
        label="Go on from",
        help_text="For preference pairs: a model of this machine, trained on the same dataset.",
    )
    suffix = TextField(max_length=64, required=False, label="Suffix of the model’s name")
    seed = NumbersField(SEED, initial=1)
    client_key = TextField(max_length=64, required=False, widget=forms.HiddenInput)
    provider = TextField(widget=forms.HiddenInput)

    field_order = ["dataset", "base_model", "other_base"]

    def __init__(self, *args: Any, project: Project, row: Capabilities, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.row = row
        self.fields["dataset"].queryset = trainable_datasets(project)  # type: ignore[attr-defined]
        self._offer_bases(row)
        self._offer_models(project, row)
        for setting in row.hyperparameters:
            self.fields[SETTING_PREFIX + setting.name] = _field(setting)
        self.fields["suffix"].help_text = row.suffix_rule.capitalize() + "."
        if not row.takes_suffix:
            del self.fields["suffix"], self.fields["budget_usd"]

    def _offer_models(self, project: Project, row: Capabilities) -> None:
        models = startable_models(project) if row.key == LOCAL else ModelVersion.objects.none()
        self.fields["start_model"].queryset = models  # type: ignore[attr-defined]
        if not row.learns_preferences:
            del self.fields["objective"]
        if not models:
            del self.fields["start_model"]

    def _offer_bases(self, row: Capabilities) -> None:
        choices = [(base.name, base.label or base.name) for base in row.base_models]
        if row.base_models and row.takes_any_base:
            choices.append((OTHER, "another one, named below"))
        self.fields["base_model"].choices = choices  # type: ignore[attr-defined]
        if not row.base_models:
            del self.fields["base_model"]
        self.fields["other_base"].help_text = (
            "A Hugging Face id that was downloaded here, or a folder an operator opened for it."
            if row.base_model(SCRIPT_BASE)
            else "The name under which the provider knows it."
        )

    def clean(self) -> dict[str, Any]:
        """Ask for one base model, chosen or named."""
        values = super().clean() or {}
        chosen, named = values.get("base_model"), (values.get("other_base") or "").strip()
        if not chosen and not named:
            self.add_error("other_base", "Choose a base model or name one.")
        if chosen and named and chosen != named:
            self.add_error(
                "other_base",
                "Two base models: choose “another one, named below”, or leave this empty.",
            )
        return values

    @property
    def basics(self) -> list[forms.BoundField]:
        """The fields that everybody fills in."""
        names = ("dataset", "base_model", "other_base", "budget_usd")
        return [self[name] for name in names if name in self.fields]

    @property
    def settings(self) -> list[forms.BoundField]:
        """The provider's hyperparameters, the seed and the suffix."""
        named = [self[name] for name in self.fields if name.startswith(SETTING_PREFIX)]
        learnt = [self[name] for name in ("objective", "start_model") if name in self.fields]
        return [
            *learnt,
            *named,
            self["seed"],
            *([self["suffix"]] if "suffix" in self.fields else []),
        ]

    def order_values(self) -> dict[str, Any]:
        """Return the arguments of :func:`training.domain.jobs.start_job`."""
        values = self.cleaned_data
        start = values.get("start_model")
        base = values.get("base_model") or values["other_base"].strip()
        return {
            "dataset": values["dataset"],
            "provider": values["provider"],
            "base_model": start.base_model if start else base,
            "objective": Objective(values.get("objective") or Objective.SFT),
            "start_model": start,
            "hyperparameters": {
                name.removeprefix(SETTING_PREFIX): value[0] if isinstance(value, list) else value
                for name, value in values.items()
                if name.startswith(SETTING_PREFIX) and value not in (None, "")
            },
            "seed": values["seed"][0],
            "suffix": values.get("suffix", ""),
            "budget_usd": values.get("budget_usd"),
            "client_key": values["client_key"] or None,
        }

    def grid(self) -> dict[str, list[float]]:
        """Return the settings of which several values are to be tried, by name."""
        return {
            name.removeprefix(SETTING_PREFIX): value
            for name, value in self.cleaned_data.items()
            if isinstance(value, list) and len(value) > 1
        }


def _field(setting: Hyperparameter) -> forms.Field:
    if setting.choices:
        return forms.ChoiceField(
            choices=[("", f"chosen for you: {setting.default}"), *setting.choices],
            required=False,
            label=setting.label,
            help_text=setting.help,
        )
    help_text = f"{setting.limits}. {setting.help}".strip()
    return NumbersField(
        setting,
        required=False,
        label=setting.label,
        help_text=help_text[0].upper() + help_text[1:],
    )
