"""Searching a project: its lines, scenes, dialogues and characters, in the order of the script."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet, Sum

from curation.enums import ScriptState
from curation.models import (
    Boundary,
    Character,
    Dialogue,
    DialogueUtterance,
    Episode,
    Project,
    Utterance,
)
from curation.queries.scene_lines import agreed_scenes, speaks_for

LINES_A_PAGE = 25
MOST_OTHERS = 10
EXCERPT_CHARACTERS = 200
EPISODES_AT_FIRST = 25
_STORY = ("episode__season_number", "episode__episode_number", "episode_id", "position")


@dataclass(frozen=True)
class Excerpt:
    """A text around what was searched for; ``hit`` is empty where it begins the text as it is."""

    before: str
    hit: str
    after: str


@dataclass(frozen=True)
class Found:
    """What one search found.

    Attributes:
        lines: one page of them.
        characters: each with whom it stands for, itself if it is nobody's other name.
        has_more: whether there is a page of lines after it.
        line_total: the lines that were searched, of all imported scripts.
    """

    lines: list[tuple[Utterance, Character | None, Excerpt]]
    has_more: bool
    scenes: list[tuple[Boundary, Excerpt]]
    dialogues: list[tuple[DialogueUtterance, Excerpt]]
    characters: list[tuple[Character, Character]]
    line_total: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found at all."""
        return not (self.lines or self.scenes or self.dialogues or self.characters)


def search_project(project: Project, words: str, *, page: int = 1) -> Found:
    """Find a text anywhere in a project; whether letters are capital does not matter.

    Args:
        words: looked for as they stand, at least one character.
        page: of the lines, from 1; scenes, dialogues and characters are on the first one only.
    """
    start = (page - 1) * LINES_A_PAGE
    lines = _lines(project, words, start=start, most=LINES_A_PAGE + 1)
    scripts = project.scripts.filter(state=ScriptState.IMPORTED)
    others = MOST_OTHERS if page == 1 else 0
    return Found(
        lines=[
            (line, speaks_for(line.character), excerpt(line.text, words))
            for line in lines[:LINES_A_PAGE]
        ],
        has_more=len(lines) > LINES_A_PAGE,
        scenes=[(scene, _of_scene(scene, words)) for scene in _scenes(project, words)[:others]],
        dialogues=[
            (row, excerpt(row.training_text or "", words))
            for row in _edited_lines(project, words)[:others]
        ],
        characters=[(one, one.alias_of or one) for one in _characters(project, words)[:others]],
        line_total=scripts.aggregate(total=Sum("utterance_count"))["total"] or 0,
    )


def excerpt(text: str, words: str) -> Excerpt:
    """Cut a text down to what is around the words."""
    at = text.lower().find(words.lower())
    if at < 0:
        return Excerpt("", "", text[:EXCERPT_CHARACTERS])
    begin, end = max(0, at - EXCERPT_CHARACTERS // 2), at + len(words)
    rest = text[end : end + EXCERPT_CHARACTERS // 2]
    return Excerpt(
        ("…" if begin else "") + text[begin:at],
        text[at:end],
        rest + ("…" if end + len(rest) < len(text) else ""),
    )


def _holding(field: str, words: str) -> Q:
    """SQLite knows capitals of a to z only: other letters are tried in each of their forms."""
    forms = {words} if words.isascii() else {words, words.lower(), words.upper(), words.title()}
    found = Q()
    for form in sorted(forms):
        found |= Q(**{f"{field}__icontains": form})
    return found


def _lines(project: Project, words: str, *, start: int, most: int) -> list[Utterance]:
    """Return some of the lines that hold the words, in the order of the script.

    Episodes are read in their order, ever more at once, until there are enough lines: a word that
    is common is found in the first of them, however long the script is.
    """
    episodes = list(
        Episode.objects.filter(script__project=project, script__state=ScriptState.IMPORTED)
        .order_by("season_number", "episode_number", "pk")
        .values_list("pk", flat=True)
    )
    keys: list[int] = []
    done, step = 0, EPISODES_AT_FIRST
    while done < len(episodes) and len(keys) < start + most:
        found = Utterance.objects.filter(
            _holding("text", words), episode__in=episodes[done : done + step]
        ).order_by(*_STORY)
        keys += found.values_list("pk", flat=True)[: start + most - len(keys)]
        done, step = done + step, step * 4
    rows = Utterance.objects.filter(pk__in=keys[start:])
    return list(rows.select_related("episode", "character__alias_of").order_by(*_STORY))


def _scenes(project: Project, words: str) -> QuerySet[Boundary]:
    return agreed_scenes(project.pk).filter(_holding("title", words) | _holding("note", words))


def _of_scene(scene: Boundary, words: str) -> Excerpt:
    return excerpt(scene.note, words) if scene.note else Excerpt("", "", "")


def _edited_lines(project: Project, words: str) -> QuerySet[DialogueUtterance]:
    """Return the lines of live dialogues whose text was edited for training and holds the words.

    What is as the script has it is found among the lines; a number finds the dialogue of it.
    """
    wanted = Q(training_text__isnull=False) & _holding("training_text", words)  # by an index
    if words.isdecimal() and len(words) <= len("999999999"):
        number = Dialogue.objects.filter(project=project, pk=int(words))
        lines = DialogueUtterance.objects.filter(dialogue__in=number)
        wanted |= Q(pk__in=lines.order_by("utterance__position").values("pk")[:1])
    return (
        DialogueUtterance.objects.filter(wanted, dialogue__project=project, is_live=True)
        .select_related("dialogue", "utterance__episode", "utterance__character__alias_of")
        .order_by("dialogue", "utterance__position")
    )


def _characters(project: Project, words: str) -> QuerySet[Character]:
    return Character.objects.filter(
        _holding("name", words), project=project, utterance_count__gt=0
    ).select_related("alias_of")
