"""What a model is sent: the same words as in its training records."""

from collections.abc import Sequence
from dataclasses import dataclass

from curation.domain.training_records import ChatMessage, Recipe, spoken_as, system_message
from curation.enums import ScriptState
from curation.models import Script
from rickproject.lib.tokens import ESTIMATE, available_tokenizers, count_tokens
from training.enums import MessageRole
from training.models import Conversation, Message, ModelVersion

DEFAULT_CONTEXT_TOKENS = 8192


@dataclass(frozen=True)
class Prompt:
    """The messages for one reply.

    Attributes:
        messages: exactly what is sent.
        unsent_count: oldest turns left out because the context window is full.
    """

    messages: list[ChatMessage]
    unsent_count: int


def recipe_of(model: ModelVersion) -> Recipe:
    """Return the recipe a model was trained with; a base model is prompted by the default one."""
    return Recipe.from_json(model.dataset.recipe) if model.dataset else Recipe()


def default_system_message(model: ModelVersion) -> str:
    """Return the system message that the model's training records open with, without a note."""
    script = Script.objects.filter(project=model.project, state=ScriptState.IMPORTED).last()
    message = system_message(
        recipe_of(model),
        character=model.character.name if model.character else model.project.name,
        script=script.title if script else model.project.name,
    )
    return message["content"] if message else ""


def build_prompt(
    conversation: Conversation, model: ModelVersion, turns: Sequence[Message]
) -> Prompt:
    """Make the messages for the next reply.

    The system message always stays; the oldest turns are left out until the rest and the reply's
    maximum length fit into the model's context window. The last turn always stays.

    Args:
        turns: user and assistant messages from the first to the one to be answered.
    """
    recipe = recipe_of(model)
    opening: list[ChatMessage] = []
    if conversation.uses_system_message and conversation.system_message:
        opening = [{"role": "system", "content": conversation.system_message}]
    spoken = [_as_sent(turn, recipe) for turn in turns if turn.content]
    room = (model.context_tokens or DEFAULT_CONTEXT_TOKENS) - conversation.max_tokens
    sizes = count_tokens([*opening, *spoken], _tokenizer(model)).per_message
    total, unsent = sum(sizes), 0
    while total > room and unsent < len(spoken) - 1:
        total -= sizes[len(opening) + unsent]
        unsent += 1
    return Prompt([*opening, *spoken[unsent:]], unsent)


def _as_sent(turn: Message, recipe: Recipe) -> ChatMessage:
    if turn.role == MessageRole.ASSISTANT:
        return {"role": "assistant", "content": turn.content}
    return {"role": "user", "content": spoken_as(turn.speaker_name, turn.content, recipe)}


def _tokenizer(model: ModelVersion) -> str:
    if model.provider != "local":
        return available_tokenizers(model.project.slug)[0]
    own = f"script:{model.project.slug}"
    return own if own in available_tokenizers(model.project.slug) else ESTIMATE
