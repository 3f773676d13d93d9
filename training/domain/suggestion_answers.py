"""Read answers of language models strictly: what is not exactly as asked for is refused whole."""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NoReturn

from rickproject.lib.text import text_problem
from training.domain.suggestion_prompts import NOTE_CHARACTERS, TITLE_CHARACTERS
from training.errors import TrainingError

#: Some servers ignore the asked-for form and put the JSON into a fence: nothing else may surround.
FENCED = re.compile(r"\A```(?:json)?[ \t]*\n(?P<inside>.*)\n```\Z", re.DOTALL)
MARKUP = re.compile(r"<[a-zA-Z/!?]|&#?\w+;")
INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
LONGEST_ANSWER = 200_000


class AnswerRefusedError(TrainingError):
    """The answer is not what was asked for; the sentence says how."""

    code = "answer_refused"


@dataclass(frozen=True, slots=True)
class DraftedNote:
    """A title and note as a model wrote them."""

    title: str
    text: str


def read_scenes(text: str, *, known: Collection[int]) -> dict[int, str]:
    """Return the title of each suggested scene by the number of its first line.

    Args:
        text: the model's whole message.
        known: numbers of the lines that were shown.

    Raises:
        AnswerRefusedError: anything else than the asked-for object: other or missing fields,
            numbers that were not shown or not ascending, titles that are empty, too long, of
            several lines, or hold markup or control characters.
    """
    found = _object(text, fields=("scenes",))["scenes"]
    if not isinstance(found, list):
        _refuse("its scenes are no list")
    if not found:
        _refuse("it names no scene")
    scenes: dict[int, str] = {}
    last = 0
    for one in found:
        _check_fields(one, ("line", "title"))
        line = one["line"]
        if isinstance(line, bool) or not isinstance(line, int):
            _refuse("a line number is no whole number")
        if line not in known:
            _refuse(f"it names line {line}, which it was not shown")
        if line <= last:
            _refuse(f"line {line} is not in ascending order")
        scenes[line] = _text(one["title"], what="title", longest=TITLE_CHARACTERS)
        last = line
    return scenes


def read_note(text: str) -> DraftedNote:
    """Return a drafted title and note.

    Raises:
        AnswerRefusedError: as in :func:`read_scenes`.
    """
    found = _object(text, fields=("title", "note"))
    return DraftedNote(
        title=_text(found["title"], what="title", longest=TITLE_CHARACTERS),
        text=_text(found["note"], what="note", longest=NOTE_CHARACTERS, one_line=False),
    )


def _object(text: str, *, fields: tuple[str, ...]) -> dict[str, Any]:
    stripped = text.strip()
    if not stripped:
        _refuse("it is empty")
    if len(stripped) > LONGEST_ANSWER:
        _refuse("it is far too long")
    if fence := FENCED.match(stripped):
        stripped = fence["inside"]
    try:
        found = json.loads(stripped, object_pairs_hook=_pairs, parse_constant=_refuse_constant)
    except AnswerRefusedError:
        raise
    except (ValueError, RecursionError):
        _refuse("it is no whole JSON")
    _check_fields(found, fields)
    checked: dict[str, Any] = found
    return checked


def _check_fields(found: Any, fields: tuple[str, ...]) -> None:
    if not isinstance(found, dict):
        _refuse("it is no object of the asked-for form")
    if set(found) != set(fields):
        _refuse(f"it must have {' and '.join(fields)} and nothing else")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        _refuse("a field stands twice in it")
    return found


def _refuse_constant(name: str) -> NoReturn:
    _refuse(f"{name} is no number")


def _text(value: Any, *, what: str, longest: int, one_line: bool = True) -> str:
    if not isinstance(value, str):
        _refuse(f"a {what} is no text")
    text: str = value.strip()
    if not text:
        _refuse(f"a {what} is empty")
    if len(text) > longest:
        _refuse(f"a {what} is longer than {longest} characters")
    if text_problem(text) or INVISIBLE.search(text) or (one_line and re.search(r"[\r\n\t]", text)):
        _refuse(f"a {what} holds characters that cannot be kept")
    if MARKUP.search(text):
        _refuse(f"a {what} holds markup")
    return text


def _refuse(reason: str) -> NoReturn:
    msg = f"The model's answer was refused: {reason}."
    raise AnswerRefusedError(msg)
