"""What the pages about dialogues send."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.db.models import QuerySet

from curation.domain.dialogue_shape import LONGEST_TEXT
from curation.domain.proposals import (
    DEFAULT_BUDGET,
    LARGEST_BUDGET,
    LARGEST_COST,
    SMALLEST_BUDGET,
)
from curation.domain.reviews import LONGEST_REASON
from curation.enums import Decision, DialogueState, ScriptState
from curation.models import Character, Episode
from curation.queries.scene_lines import target_choices
from rickproject.lib.choices import LongSelect
from rickproject.lib.numbers import is_key
from rickproject.lib.text import TextField
from rickproject.lib.tokens import DEFAULT_TOKENIZER, available_tokenizers

COST_STEP = 0.1


def _whole(text: str) -> int:
    """Return a number that fits a big integer of every database, or raise ValueError."""
    if not is_key(text.strip()):
        raise ValueError
    return int(text)


class PrimaryKeysField(forms.Field):
    """Primary keys, sent as several values or as one text with commas."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> list[int]:
        """Return the keys.

        Raises:
            ValidationError: one of them is no number.
        """
        together = value if isinstance(value, str) else ",".join(map(str, value or []))
        try:
            return [_whole(text) for text in together.split(",") if text.strip()]
        except ValueError as error:
            msg = "These rows are not known."
            raise forms.ValidationError(msg) from error


class WishForm(forms.Form):
    """Whose dialogues, how long, how many, counted by what; it lives in the address."""

    target = forms.ModelChoiceField(Character.objects.none(), label="Character", empty_label=None)
    budget = forms.IntegerField(
        min_value=SMALLEST_BUDGET, max_value=LARGEST_BUDGET, label="Budget in tokens"
    )
    cost = forms.FloatField(
        min_value=0,
        max_value=LARGEST_COST,
        required=False,
        label="Fewer, longer – more, shorter",
        widget=forms.NumberInput(attrs={"step": COST_STEP}),
    )
    tokenizer = forms.ChoiceField(label="Tokens as counted by")

    def __init__(self, data: Any, *, project_id: int, slug: str, kept: dict[str, Any]) -> None:
        targets = target_choices(project_id)
        names = available_tokenizers(slug)
        given = {key: data[key] for key in self.base_fields if data.get(key)}
        first = targets.first()
        values = {
            "target": first.pk if first else None,
            "budget": DEFAULT_BUDGET,
            "tokenizer": DEFAULT_TOKENIZER,
            **kept,
            **given,
        }
        super().__init__(values)
        field = self.fields["target"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  # for the type checker
        field.queryset = targets
        tokenizers = self.fields["tokenizer"]
        assert isinstance(tokenizers, forms.ChoiceField)  # noqa: S101  # for the type checker
        tokenizers.choices = [(name, tokenizer_words(name)) for name in names]


def tokenizer_words(name: str) -> str:
    """Return how a tokenizer is called in pages."""
    known = {
        "o200k_base": "o200k_base (GPT-4o and later)",
        "cl100k_base": "cl100k_base (GPT-4, GPT-3.5)",
    }
    return known.get(name, "this project’s own model")


class RowsForm(forms.Form):
    """A run of rows, as the page counts them: from 1."""

    first = forms.IntegerField(min_value=1, label="From row")
    last = forms.IntegerField(min_value=1, label="to row")


class ChoiceForm(RowsForm):
    """Rows that are to become a dialogue of a character."""

    target = forms.IntegerField()
    dropped = PrimaryKeysField(required=False)
    client_key = TextField(max_length=64, required=False)


class KeyForm(forms.Form):
    """What a page gives each request that makes something, to know a repeated one by."""

    client_key = TextField(max_length=64, required=False)


class PreviewForm(forms.Form):
    """Rows, or an edited line of a dialogue, whose record is asked for."""

    dialogue = forms.IntegerField(required=False)
    first = forms.IntegerField(min_value=1, required=False)
    last = forms.IntegerField(min_value=1, required=False)
    utterance = forms.IntegerField(required=False)
    text = TextField(required=False, strip=False, max_length=LONGEST_TEXT)


class ChangeForm(forms.Form):
    """One change of a dialogue, with the revision that the person saw."""

    ACTIONS = (
        "range", "drop", "keep", "text", "clean", "submit", "undo", "redo", "remove", "restore",
        "revert",
    )  # fmt: skip
    action = forms.ChoiceField(choices=[(action, action) for action in ACTIONS])
    revision = forms.IntegerField(min_value=1)
    first = forms.IntegerField(min_value=1, required=False)
    last = forms.IntegerField(min_value=1, required=False)
    utterances = PrimaryKeysField(required=False)
    text = TextField(required=False, strip=False)
    to_revision = forms.IntegerField(min_value=1, required=False)
    client_key = TextField(max_length=64, required=False)

    def clean(self) -> dict[str, Any]:
        """Ask for the values that the action needs."""
        values = super().clean() or {}
        needs = {
            "range": ("first", "last"),
            "drop": ("utterances",),
            "keep": ("utterances",),
            "text": ("utterances",),
            "revert": ("to_revision",),
        }
        for name in needs.get(values.get("action", ""), ()):
            if not values.get(name):
                self.add_error(name, "This is missing.")
        return values


KEPT_ACTIONS = ("range", "drop", "keep", "text", "clean", "submit")
MOST_KEPT = 500


def read_batch(data: dict[str, Any]) -> tuple[int, list[dict[str, Any]]] | None:
    """Return the revision and the changes that a browser kept; None where any makes no sense."""
    changes, revision = data.get("changes"), data.get("revision")
    if not isinstance(changes, list) or not 0 < len(changes) <= MOST_KEPT:
        return None
    found = []
    for one in changes:
        form = ChangeForm({**one, "revision": revision} if isinstance(one, dict) else {})
        if not form.is_valid() or form.cleaned_data["action"] not in KEPT_ACTIONS:
            return None
        found.append(form.cleaned_data)
    return found[0]["revision"], found


class EpisodeChoices:
    """Every episode by its name, without making an object of each."""

    def __init__(self, episodes: QuerySet[Episode]) -> None:
        self._rows = episodes.values_list("pk", "season_number", "episode_number", "title")

    def __iter__(self) -> Iterator[tuple[int | str, str]]:
        yield "", "every episode"
        for pk, season, number, title in self._rows:
            yield pk, f"S{season}E{number} {title}".strip()


class DialogueFilter(forms.Form):
    """Which dialogues a list shows; it lives in the address."""

    state = forms.ChoiceField(required=False, choices=[("", "all"), *DialogueState.choices])
    episode = forms.ModelChoiceField(
        Episode.objects.none(), required=False, empty_label="every episode", widget=LongSelect
    )
    target = forms.ModelChoiceField(
        Character.objects.none(), required=False, empty_label="every character"
    )

    def __init__(self, data: Any, *, project_id: int) -> None:
        super().__init__(data)
        episodes, targets = self.fields["episode"], self.fields["target"]
        assert isinstance(episodes, forms.ModelChoiceField)  # noqa: S101  # for the type checker
        assert isinstance(targets, forms.ModelChoiceField)  # noqa: S101  # for the type checker
        episodes.queryset = Episode.objects.filter(
            script__project_id=project_id, script__state=ScriptState.IMPORTED
        ).order_by("season_number", "episode_number")
        episodes.widget.choices = EpisodeChoices(episodes.queryset)
        targets.queryset = Character.objects.filter(project_id=project_id, is_target=True)


class ManyForm(forms.Form):
    """Many dialogues, each with the revision that was seen: ``12:3``."""

    dialogues = TextField(widget=forms.MultipleHiddenInput)

    def __init__(self, data: Any) -> None:
        super().__init__({"dialogues": ",".join(data.getlist("dialogue"))})

    def clean_dialogues(self) -> dict[int, int]:
        """Return revisions by primary key."""
        try:
            pairs = [text.split(":") for text in self.cleaned_data["dialogues"].split(",")]
            return {_whole(pk): _whole(revision) for pk, revision in pairs}
        except ValueError as error:
            msg = "Choose dialogues from the list."
            raise forms.ValidationError(msg) from error


FIXED = "fixed"  # changed by the reviewer, then approved


class DecisionForm(forms.Form):
    """A reviewer's decision on the revision that was read."""

    decision = forms.ChoiceField(choices=[*Decision.choices, (FIXED, "fixed")])
    revision = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    again = forms.BooleanField(required=False, widget=forms.HiddenInput)
    reason = TextField(
        required=False,
        max_length=LONGEST_REASON,
        label="Reason",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
