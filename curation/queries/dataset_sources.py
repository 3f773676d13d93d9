"""What a dataset is made of: approved dialogues at the revision that was approved."""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from curation.enums import Decision, DialogueState
from curation.models import Character, Dialogue, DialogueRevision, Review, Utterance
from curation.queries.joint_names import joint_names
from curation.queries.scene_lines import is_spoken_by, speaker_name

CHUNK_OF_DIALOGUES = 500


@dataclass(frozen=True)
class SourceLine:
    """One kept utterance of a dialogue.

    Attributes:
        position: of the utterance in its episode.
        speaker: the character's name, an alias resolved; empty if unnamed.
        text: cleaned for training, or the script's own.
    """

    position: int
    speaker: str
    text: str
    is_target: bool


@dataclass(frozen=True)
class SourceDialogue:
    """An approved dialogue, in words that mean the same in every database.

    Attributes:
        script_sha256: of the imported file.
        scene_position: of the scene's first utterance in its episode.
        scene_title, context_note: of the scene as it is now.
    """

    pk: int
    revision: int
    script_title: str
    script_sha256: str
    episode_code: str
    episode_order: tuple[int, int]
    scene_position: int
    scene_title: str
    context_note: str
    lines: tuple[SourceLine, ...]
    first_position: int
    last_position: int

    @property
    def label(self) -> str:
        """How findings and pages name it: episode, and the rows it spans, counted from 1."""
        return f"{self.episode_code} {self.first_position + 1}–{self.last_position + 1}"

    @property
    def lines_sha256(self) -> str:
        """The SHA-256 of who says what to whom: it changes with texts, aliases and targets."""
        rows = [[line.speaker, line.text, line.is_target] for line in self.lines]
        return _sha256(json.dumps(rows, ensure_ascii=False))

    @property
    def note_sha256(self) -> str:
        """The SHA-256 of the scene's context note."""
        return _sha256(self.context_note)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def approved_dialogues(
    target: Character, *, on_chunk: Callable[[], None] = lambda: None
) -> list[SourceDialogue]:
    """Return the approved dialogues of a target character in the order of the script.

    The lines come from the revision that was approved, which never changes, so a dialogue that is
    edited meanwhile cannot slip in unread.

    Args:
        on_chunk: called after every few hundred dialogues; its errors end the reading.
    """
    rows = list(
        Dialogue.objects.filter(
            target_character=target, state=DialogueState.APPROVED
        ).select_related("scene__utterance__episode__script")
    )
    found: list[SourceDialogue] = []
    for start in range(0, len(rows), CHUNK_OF_DIALOGUES):
        found += _source_dialogues(rows[start : start + CHUNK_OF_DIALOGUES], target)
        on_chunk()
    return sorted(found, key=lambda d: (d.episode_order, d.script_sha256, d.first_position))


def source_dialogue(dialogue: Dialogue) -> SourceDialogue:
    """Return one dialogue, in any state, as a dataset would take it now."""
    row = Dialogue.objects.select_related(
        "scene__utterance__episode__script", "target_character"
    ).get(pk=dialogue.pk)
    return _source_dialogues([row], row.target_character)[0]


def sources_at(dialogues: list[Dialogue], target: Character) -> list[SourceDialogue]:
    """Return dialogues at the revision that each row in memory names.

    Args:
        dialogues: read with ``scene__utterance__episode__script``.
    """
    return _source_dialogues(dialogues, target)


def approved_content(dialogue_ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Return what the newest approval of each dialogue had read: SHA-256 of lines and of note."""
    rows = (
        Review.objects.filter(dialogue_id__in=dialogue_ids, decision=Decision.APPROVED)
        .order_by("created_at", "pk")
        .values_list("dialogue_id", "lines_sha256", "note_sha256")
    )
    return {dialogue: (lines, note) for dialogue, lines, note in rows}


def _source_dialogues(rows: list[Dialogue], target: Character) -> list[SourceDialogue]:
    wanted = {row.pk: row.revision for row in rows}
    members = {
        revision.dialogue_id: revision.members
        for revision in DialogueRevision.objects.filter(dialogue_id__in=wanted)
        if revision.revision == wanted[revision.dialogue_id]
    }
    keys = {_key(member) for parts in members.values() for member in parts}
    utterances = _utterances(keys, target.project_id)
    names = joint_names(target.project_id)
    lines = _Lines(utterances, target, names)
    return [_source_dialogue(row, members[row.pk], lines) for row in rows]


def _utterances(keys: Collection[int], project_id: int) -> dict[int, Utterance]:
    """Return utterances by key; each character is read once for all of its lines."""
    cast = Character.objects.filter(project_id=project_id).select_related("alias_of").in_bulk()
    found = Utterance.objects.only("position", "text", "character_id").in_bulk(keys)
    for utterance in found.values():
        utterance.character = cast.get(utterance.character_id)
    return found


@dataclass(frozen=True, slots=True)
class _Lines:
    """Utterances by key, for whom they are taught, and the names of joint speakers."""

    utterances: dict[int, Utterance]
    target: Character
    joint: Mapping[int, str]

    def line(self, member: dict[str, object]) -> SourceLine:
        utterance = self.utterances[_key(member)]
        text = member.get("text")
        return SourceLine(
            position=utterance.position,
            speaker=speaker_name(utterance.character, self.joint),
            text=utterance.text if text is None else str(text),
            is_target=is_spoken_by(utterance, self.target),
        )


def _source_dialogue(
    row: Dialogue,
    members: list[dict[str, object]],
    found: _Lines,
) -> SourceDialogue:
    utterances = found.utterances
    episode = row.scene.utterance.episode
    ordered = sorted(members, key=lambda member: utterances[_key(member)].position)
    lines = tuple(found.line(member) for member in ordered if not member["dropped"])
    return SourceDialogue(
        pk=row.pk,
        revision=row.revision,
        script_title=episode.script.title,
        script_sha256=episode.script.sha256,
        episode_code=episode.code,
        episode_order=(episode.season_number, episode.episode_number),
        scene_position=row.scene.utterance.position,
        scene_title=row.scene.title,
        context_note=row.scene.note,
        lines=lines,
        first_position=utterances[_key(ordered[0])].position,
        last_position=utterances[_key(ordered[-1])].position,
    )


def _key(member: dict[str, object]) -> int:
    return int(str(member["utterance"]))
