"""A scene's rows as the dialogue builder shows them: who says what, and in which dialogue."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import Max, Min, QuerySet

from curation.enums import DialogueState
from curation.models import Boundary, Character, Dialogue, DialogueUtterance, Utterance
from curation.queries.scene_lines import is_spoken_by


@dataclass(frozen=True)
class SceneDialogue:
    """A live dialogue of a scene; rows are counted from 1."""

    pk: int
    state: DialogueState
    first: int
    last: int


@dataclass(frozen=True)
class BuilderRow:
    """One utterance of the scene.

    Attributes:
        number: of the row in its episode, counted from 1.
        taught: the text of the chosen dialogue; equal to the script's where it is not cleaned.
        in_range: in the chosen dialogue, or among the chosen rows.
        is_dropped: in the chosen dialogue, but left out.
        other: another live dialogue of the character that holds the row.
        is_proposed: in a dialogue that is proposed.
    """

    utterance: Utterance
    number: int
    taught: str
    is_target: bool
    in_range: bool
    is_member: bool
    is_dropped: bool
    is_first: bool
    is_last: bool
    other: SceneDialogue | None
    is_proposed: bool

    @property
    def is_cleaned(self) -> bool:
        """Whether the model is taught another text than the script's."""
        return self.taught != self.utterance.text


def scene_dialogues(utterances: Sequence[Utterance], target: Character) -> list[SceneDialogue]:
    """Return the live dialogues of a character that hold any of these utterances, in order."""
    if not utterances:
        return []
    rows = (
        DialogueUtterance.objects.filter(
            utterance__in=[utterance.pk for utterance in utterances],
            target_character=target,
            is_live=True,
        )
        .values_list("dialogue_id", "dialogue__state")
        .annotate(first=Min("utterance__position"), last=Max("utterance__position"))
        .order_by("first")
    )
    return [
        SceneDialogue(pk, DialogueState(state), first + 1, last + 1)
        for pk, state, first, last in rows
    ]


def builder_rows(
    utterances: Sequence[Utterance],
    *,
    target: Character,
    members: Sequence[DialogueUtterance],
    chosen: tuple[int, int] | None,
    dialogues: Sequence[SceneDialogue],
    dialogue: Dialogue | None,
    proposed: Collection[tuple[int, int]] = (),
) -> list[BuilderRow]:
    """Return the rows of a scene.

    Args:
        members: of the chosen dialogue, in order; empty without one.
        chosen: first and last row, counted from 1, where no dialogue is chosen yet.
        dialogues: all live ones of the scene.
        proposed: first and last rows, counted from 1, of what is proposed.
    """
    held = {member.utterance_id: member for member in members}
    numbers = [member.utterance.position + 1 for member in members]
    span = (numbers[0], numbers[-1]) if numbers else chosen
    own = dialogue.pk if dialogue else None
    rows = []
    for utterance in utterances:
        number = utterance.position + 1
        member = held.get(utterance.pk)
        others = (d for d in dialogues if d.pk != own and d.first <= number <= d.last)
        text = member.training_text if member else None
        rows.append(
            BuilderRow(
                utterance=utterance,
                number=number,
                taught=utterance.text if text is None else text,
                is_target=is_spoken_by(utterance, target),
                in_range=span is not None and span[0] <= number <= span[1],
                is_member=member is not None,
                is_dropped=member is not None and member.is_dropped,
                is_first=span is not None and number == span[0],
                is_last=span is not None and number == span[1],
                other=next(others, None),
                is_proposed=any(first <= number <= last for first, last in proposed),
            )
        )
    return rows


@dataclass(frozen=True)
class ScenePlace:
    """Where a scene stands in its episode: its number from 1, and its neighbours."""

    number: int
    count: int
    before: int | None
    after: int | None


def scene_place(scene: Boundary) -> ScenePlace:
    """Return the number of a scene in its episode and the scenes beside it."""
    starts: QuerySet[Boundary, int] = (
        Boundary.objects.filter(segmentation_id=scene.segmentation_id, is_active=True)
        .order_by("utterance__position")
        .values_list("pk", flat=True)
    )
    keys = list(starts)
    at = keys.index(scene.pk)
    return ScenePlace(
        number=at + 1,
        count=len(keys),
        before=keys[at - 1] if at else None,
        after=keys[at + 1] if at + 1 < len(keys) else None,
    )


def next_to_do(dialogue: Dialogue) -> Dialogue | None:
    """Return the next draft or returned dialogue of the project in the order of the script."""
    todo = (
        Dialogue.objects.filter(
            project_id=dialogue.project_id,
            target_character_id=dialogue.target_character_id,
            state__in=[DialogueState.DRAFT, DialogueState.RETURNED],
        )
        .exclude(pk=dialogue.pk)
        .annotate(
            season=Min("members__utterance__episode__season_number"),
            episode=Min("members__utterance__episode__episode_number"),
            first=Min("members__utterance__position"),
        )
        .order_by("season", "episode", "first")
    )
    here = dialogue.members.aggregate(
        season=Min("utterance__episode__season_number"),
        episode=Min("utterance__episode__episode_number"),
        first=Min("utterance__position"),
    )
    place = (here["season"], here["episode"], here["first"])
    rows = list(todo.values_list("pk", "season", "episode", "first"))
    later = [pk for pk, *where in rows if tuple(where) > place]
    wanted = later[0] if later else (rows[0][0] if rows else None)
    return Dialogue.objects.filter(pk=wanted).first() if wanted else None
