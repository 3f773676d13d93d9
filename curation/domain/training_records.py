"""Training records: how a dialogue becomes messages.

The dialogue builder, the dataset builder and the chat page all call these functions, so a model
is spoken to exactly as it was taught.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import groupby
from typing import Any, Literal, TypedDict, cast

from curation.errors import CurationError
from rickproject.lib.tokens import DEFAULT_TOKENIZER

Role = Literal["system", "user", "assistant"]
PLACEHOLDER = re.compile(r"\{(character|script|scene)\}")


class ChatMessage(TypedDict, total=False):
    """One message in the wire form of the OpenAI protocol."""

    role: Role
    content: str
    weight: int


class RecipeError(CurationError):
    """A recipe asks for something that does not exist."""

    code = "recipe"


@dataclass(frozen=True)
class Recipe:
    """How dialogues of a dataset become records.

    Attributes:
        system_template: text with ``{character}``, ``{script}`` and ``{scene}``, the scene's
            context note; empty for no system message.
        includes_context_note: the scene's note is in the system message: where the template says
            ``{scene}``, else after it.
        names_speakers: user lines start with ``Name: ``.
        joins_with: what stands between consecutive lines of one message.
        trained_turns: every reply of the character, or only the last one of a record.
        record_per: one record for each dialogue; or one for each reply of the character, with all
            that came before it, of which only that reply is trained.
        max_tokens: a record over it is refused, never cut.
        tokenizer: by which the tokens are counted.
    """

    system_template: str = "You are {character}."
    includes_context_note: bool = True
    names_speakers: bool = True
    joins_with: str = "\n"
    trained_turns: Literal["all", "last"] = "all"
    record_per: Literal["dialogue", "reply"] = "dialogue"
    max_tokens: int = 1024
    tokenizer: str = DEFAULT_TOKENIZER

    def as_json(self) -> dict[str, Any]:
        """Return the recipe as a mapping of plain values, in the order of its fields."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Recipe":
        """Read a stored recipe.

        Raises:
            RecipeError: it has a field that no recipe has, or a choice that there is not.
        """
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(values) - known):
            msg = f"A recipe has no field {', '.join(unknown)}."
            raise RecipeError(msg)
        if values.get("trained_turns", "all") not in {"all", "last"}:
            msg = "A recipe trains on 'all' turns or on the 'last' one."
            raise RecipeError(msg)
        if values.get("record_per", "dialogue") not in {"dialogue", "reply"}:
            msg = "A recipe makes a record per 'dialogue' or per 'reply'."
            raise RecipeError(msg)
        return cls(**values)


@dataclass(frozen=True)
class Line:
    """One kept line of a dialogue.

    Attributes:
        speaker: the name the model sees; empty for a stage direction or an unnamed voice.
        text: as it is taught.
        is_target: spoken by the character the model becomes.
    """

    speaker: str
    text: str
    is_target: bool


def spoken_as(speaker: str, text: str, recipe: Recipe) -> str:
    """Return a line as another speaker says it to the character: ``Name: text``."""
    if recipe.names_speakers and speaker:
        return f"{speaker}: {text}"
    return text


def system_message(
    recipe: Recipe, *, character: str, script: str, context_note: str = ""
) -> ChatMessage | None:
    """Return the system message of a record, or None where the recipe wants none.

    The template is filled by plain replacement; no other placeholder means anything.
    """
    note = context_note.strip() if recipe.includes_context_note else ""
    values = {"character": character, "script": script, "scene": note}
    text = PLACEHOLDER.sub(lambda found: values[found[1]], recipe.system_template)
    if note and "{scene}" not in recipe.system_template:
        text = f"{text}\nScene: {note}" if text else f"Scene: {note}"
    return {"role": "system", "content": text} if text.strip() else None


def record_messages(
    lines: Iterable[Line],
    recipe: Recipe,
    *,
    character: str,
    script: str,
    context_note: str = "",
) -> list[ChatMessage]:
    """Return the messages of a whole dialogue, as its only or its last training record has them.

    Neighbouring lines of the other speakers become one user message, neighbouring lines of the
    character one assistant message. Where only the last reply is trained, earlier ones bear
    weight 0.
    """
    messages: list[ChatMessage] = []
    if opening := system_message(
        recipe, character=character, script=script, context_note=context_note
    ):
        messages.append(opening)
    for is_target, run in groupby(lines, key=lambda line: line.is_target):
        texts = [
            line.text if is_target else spoken_as(line.speaker, line.text, recipe) for line in run
        ]
        role: Role = "assistant" if is_target else "user"
        messages.append({"role": role, "content": recipe.joins_with.join(texts)})
    if recipe.trained_turns == "last" or recipe.record_per == "reply":
        return _train_last_reply_only(messages)
    return messages


def split_records(messages: list[ChatMessage], recipe: Recipe) -> list[list[ChatMessage]]:
    """Return the records of a dialogue: itself, or one for each reply that answers somebody."""
    if recipe.record_per == "dialogue":
        return [messages]
    ends = [
        at
        for at, message in enumerate(messages)
        if message["role"] == "assistant" and any(m["role"] == "user" for m in messages[:at])
    ]
    if not ends:
        return [messages]  # the checks say what is wrong with it
    return [_train_last_reply_only(_unweighted(messages[: at + 1])) for at in ends]


def _unweighted(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    return [{"role": message["role"], "content": message["content"]} for message in messages]


def _train_last_reply_only(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    replies = [i for i, message in enumerate(messages) if message["role"] == "assistant"]
    earlier = set(replies[:-1])
    return [
        cast("ChatMessage", {**message, "weight": 0}) if i in earlier else message
        for i, message in enumerate(messages)
    ]
