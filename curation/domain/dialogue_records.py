"""The training record of a dialogue, as the builder shows it and a dataset writes it."""

from collections.abc import Sequence

from curation.domain.dialogue_shape import Member
from curation.domain.training_records import ChatMessage, Line, Recipe, record_messages
from curation.models import Boundary, Character
from curation.queries.joint_names import joint_names
from curation.queries.scene_lines import is_spoken_by, speaker_name


def record_lines(members: Sequence[Member], target: Character) -> list[Line]:
    """Return the kept lines of a dialogue as they are taught.

    What several people say together is said by its members, by whatever name the script has.
    """
    names = joint_names(target.project_id)
    return [
        Line(
            speaker=speaker_name(member.utterance.character, names),
            text=member.taught,
            is_target=is_spoken_by(member.utterance, target),
        )
        for member in members
        if not member.is_dropped
    ]


def dialogue_messages(
    members: Sequence[Member], *, scene: Boundary, target: Character, recipe: Recipe, script: str
) -> list[ChatMessage]:
    """Return the messages of one dialogue under a recipe.

    Args:
        script: the title of the script, for the system message.
    """
    return record_messages(
        record_lines(members, target),
        recipe,
        character=target.name,
        script=script,
        context_note=scene.note,
    )
