"""The shape every dialogue has: where it may begin and end, and what is written of it.

Plain rules over the utterances of one scene; nothing is read or written here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from curation.domain.dialogue_turns import spoken_text
from curation.enums import UtteranceKind
from curation.errors import CurationError
from curation.models import Character, Utterance
from curation.queries.scene_lines import is_spoken_by
from rickproject.lib.text import text_problem

LONGEST_DIALOGUE = 400  # utterances; a longer one fits no budget
LONGEST_TEXT = 20_000  # characters of one cleaned line


class DialogueShapeError(CurationError):
    """The chosen utterances cannot be a dialogue of this character."""

    code = "dialogue_shape"


@dataclass(frozen=True)
class Member:
    """One utterance of a dialogue as somebody wants it.

    Attributes:
        text: cleaned for training; None for the script's own.
    """

    utterance: Utterance
    is_dropped: bool = False
    text: str | None = None

    @property
    def taught(self) -> str:
        """The text the model is taught."""
        return self.utterance.text if self.text is None else self.text

    def as_json(self) -> dict[str, Any]:
        """Return the member as a revision keeps it."""
        return {"utterance": self.utterance.pk, "dropped": self.is_dropped, "text": self.text}


def is_said(utterance: Utterance) -> bool:
    """Whether anything is left to say in an utterance once directions are taken out."""
    said = any(sign.isalnum() for sign in spoken_text(utterance.text))
    return utterance.kind == UtteranceKind.SPEECH and said


def fresh_members(utterances: Iterable[Utterance]) -> list[Member]:
    """Return members as a new dialogue has them: what nobody says is left out."""
    return [Member(utterance, is_dropped=not is_said(utterance)) for utterance in utterances]


def clean_text(text: str | None, utterance: Utterance) -> str | None:
    """Return a text for training; None where it is blank or the script's own.

    Raises:
        DialogueShapeError: it is longer than any line, or holds control characters.
    """
    if text is None:
        return None
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not text or text == utterance.text:
        return None
    if len(text) > LONGEST_TEXT:
        msg = f"A line has at most {LONGEST_TEXT:,} characters; this one has {len(text):,}."
        raise DialogueShapeError(msg)
    if problem := text_problem(text):
        raise DialogueShapeError(problem)
    return text


def without_directions(member: Member) -> Member:
    """Return the member with the bracketed directions taken out of its text."""
    spoken = spoken_text(member.taught)
    return replace(member, text=clean_text(spoken, member.utterance)) if spoken else member


def shaped(members: Sequence[Member], target: Character) -> list[Member]:
    """Return the members up to the last kept line of the target character.

    Raises:
        DialogueShapeError: no line of the target is kept, nobody speaks before it, or it is
            longer than any budget.
    """
    kept = [index for index, member in enumerate(members) if not member.is_dropped]
    own = [index for index in kept if is_spoken_by(members[index].utterance, target)]
    if not own:
        msg = f"A dialogue needs a line of {target.name} to end on; these rows keep none."
        raise DialogueShapeError(msg)
    if kept[0] == own[0]:
        msg = (
            f"{target.name} speaks first here. Begin with a line of somebody else, "
            f"so that {target.name} has something to answer."
        )
        raise DialogueShapeError(msg)
    if own[-1] >= LONGEST_DIALOGUE:
        msg = f"A dialogue has at most {LONGEST_DIALOGUE} utterances. Choose fewer."
        raise DialogueShapeError(msg)
    return list(members[: own[-1] + 1])
