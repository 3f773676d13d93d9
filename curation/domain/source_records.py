"""An approved dialogue as the records of a dataset, and one of them to look at beforehand."""

from dataclasses import dataclass

from curation.domain.training_records import (
    ChatMessage,
    Line,
    Recipe,
    record_messages,
    split_records,
)
from curation.enums import DialogueState
from curation.models import Character, Dialogue
from curation.queries.dataset_sources import SourceDialogue, source_dialogue
from rickproject.lib.tokens import count_tokens


@dataclass(frozen=True)
class RecordSample:
    """The records that one approved dialogue makes under a recipe.

    Attributes:
        records: each with its tokens in all.
        number: which dialogue it is, from 1.
        count: the character's approved dialogues.
    """

    source: SourceDialogue
    records: list[tuple[list[ChatMessage], int]]
    number: int
    count: int

    @property
    def tokens(self) -> int:
        """Tokens of all its records."""
        return sum(tokens for _, tokens in self.records)


def source_records(
    source: SourceDialogue, recipe: Recipe, *, character: str
) -> list[list[ChatMessage]]:
    """Return the messages of each record that a dialogue makes."""
    messages = record_messages(
        [Line(line.speaker, line.text, line.is_target) for line in source.lines],
        recipe,
        character=character,
        script=source.script_title,
        context_note=source.context_note,
    )
    return split_records(messages, recipe)


def sample_of_recipe(target: Character, recipe: Recipe, *, number: int = 1) -> RecordSample | None:
    """Return what a recipe makes of one approved dialogue; None where there is none.

    Args:
        number: which dialogue, in the order in which they were made; one past the last is the
            first again.
    """
    approved = Dialogue.objects.filter(target_character=target, state=DialogueState.APPROVED)
    count = approved.count()
    if not count:
        return None
    at = (number - 1) % count
    source = source_dialogue(approved.order_by("pk")[at])
    records = source_records(source, recipe, character=target.name)
    counted = [(record, count_tokens(record, recipe.tokenizer).total) for record in records]
    return RecordSample(source, counted, at + 1, count)
