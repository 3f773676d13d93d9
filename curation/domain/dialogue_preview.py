"""The training record of a dialogue, or of rows that may become one, as it will be written."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from curation.domain.dialogue_records import dialogue_messages
from curation.domain.dialogue_shape import DialogueShapeError, Member, shaped
from curation.domain.dialogue_warnings import dialogue_warnings
from curation.domain.record_checks import Problem
from curation.domain.training_records import ChatMessage, Recipe, RecipeError
from curation.models import Boundary, Character, DatasetVersion, Dialogue
from rickproject.lib.tokens import count_tokens


@dataclass(frozen=True)
class RecordView:
    """How a budget, a tokenizer and a recipe make one look at a record.

    Attributes:
        budget: in tokens, for the whole record.
    """

    recipe: Recipe
    budget: int


@dataclass(frozen=True)
class Preview:
    """One training record, message by message.

    Attributes:
        problem: why these rows are no dialogue; then there are no messages.
        tokens: of each message, in order.
        is_estimate: the tokens are an upper bound.
    """

    messages: tuple[ChatMessage, ...] = ()
    tokens: tuple[int, ...] = ()
    total: int = 0
    budget: int = 0
    is_estimate: bool = False
    warnings: tuple[Problem, ...] = ()
    problem: str = ""
    rows: tuple[int, int] | None = None

    @property
    def lines(self) -> list[tuple[ChatMessage, int]]:
        """Each message with its tokens."""
        return list(zip(self.messages, self.tokens, strict=True))

    @property
    def is_over(self) -> bool:
        """Whether it is over the budget."""
        return self.total > self.budget

    @property
    def text(self) -> str:
        """The record as JSON to be read by people; the written line has the same content."""
        record = {"messages": list(self.messages)}
        return json.dumps(record, ensure_ascii=False, indent=2) if self.messages else ""

    def as_json(self) -> dict[str, Any]:
        """Return what the page's script draws."""
        return {
            "messages": [
                {"role": message["role"], "content": message["content"], "tokens": tokens}
                for message, tokens in self.lines
            ],
            "total": self.total,
            "budget": self.budget,
            "is_estimate": self.is_estimate,
            "warnings": [
                {"severity": problem.severity.value, "message": problem.message}
                for problem in self.warnings
            ],
            "problem": self.problem,
            "rows": self.rows,
            "json": self.text,
        }


def preview_record(
    members: Sequence[Member],
    *,
    scene: Boundary,
    target: Character,
    view: RecordView,
    dialogue: Dialogue | None = None,
) -> Preview:
    """Return the record that these rows make; a sentence instead where they make none.

    Raises:
        UnknownTokenizerError: the recipe's tokenizer is not installed.
    """
    try:
        members = shaped(members, target)
    except DialogueShapeError as error:
        return Preview(budget=view.budget, problem=str(error))
    messages = dialogue_messages(
        members,
        scene=scene,
        target=target,
        recipe=view.recipe,
        script=scene.utterance.episode.script.title,
    )
    count = count_tokens(messages, view.recipe.tokenizer)
    warnings = dialogue_warnings(
        members,
        messages,
        tokens=count.total,
        budget=view.budget,
        max_tokens=view.recipe.max_tokens,
        scene=scene,
        target=target,
        dialogue=dialogue,
    )
    return Preview(
        messages=tuple(messages),
        tokens=tuple(count.per_message),
        total=count.total,
        budget=view.budget,
        is_estimate=count.is_estimate,
        warnings=tuple(warnings),
        rows=(members[0].utterance.position + 1, members[-1].utterance.position + 1),
    )


def recipe_in_use(target: Character, *, tokenizer: str) -> Recipe:
    """Return the recipe of the character's last dataset, else the default, with this tokenizer."""
    last = (
        DatasetVersion.objects.filter(target_character=target)
        .order_by("-number")
        .values_list("recipe", flat=True)
        .first()
    )
    try:
        recipe = Recipe.from_json(last) if last else Recipe()
    except RecipeError:
        recipe = Recipe()
    return replace(recipe, tokenizer=tokenizer)
