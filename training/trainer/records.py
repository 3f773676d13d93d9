"""Read the training records and the script of a job, and refuse what cannot be learnt from."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.trainer.errors import TrainerError

ROLES = ("system", "user", "assistant")


@dataclass(frozen=True)
class Message:
    """One turn of a record; ``trained`` is False where the line has ``"weight": 0``."""

    role: str
    content: str
    trained: bool = True


@dataclass(frozen=True)
class Record:
    """One dialogue of a file; ``number`` is its line, counted from 1."""

    file: str
    number: int
    messages: tuple[Message, ...]

    @property
    def name(self) -> str:
        """How messages to people call this record."""
        return f"record {self.number} of {self.file}"


@dataclass(frozen=True)
class ScriptLine:
    """One line of the script; windows never cross from one ``segment`` into another."""

    segment: int
    speaker: str
    text: str


def read_records(path: Path) -> list[Record]:
    """Read a file of OpenAI chat lines; an absent file counts as empty.

    Raises:
        TrainerError: code ``bad_record`` with the number of the first record that is wrong.
    """
    return [
        Record(path.name, number, _messages(row, where=f"record {number} of {path.name}"))
        for number, row in read_rows(path)
    ]


def read_script(path: Path) -> list[ScriptLine]:
    """Read the lines a script base is built from.

    Raises:
        TrainerError: code ``bad_script``.
    """
    lines = []
    for number, row in read_rows(path):
        segment, speaker, text = row.get("segment"), row.get("speaker"), row.get("text")
        if not (isinstance(segment, int) and isinstance(speaker, str) and isinstance(text, str)):
            raise TrainerError(
                "bad_script",
                f"Line {number} of {path.name} needs a segment number, a speaker and a text.",
            )
        if text.strip():
            lines.append(ScriptLine(segment, speaker.strip(), text.strip()))
    return lines


def read_rows(path: Path) -> list[tuple[int, dict[str, Any]]]:
    """Return the JSON objects of a file with the numbers of their lines, counted from 1."""
    if not path.exists():
        return []
    rows = []
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as error:
                raise bad_record(f"record {number} of {path.name}", "is not JSON") from error
            if not isinstance(row, dict):
                raise bad_record(f"record {number} of {path.name}", "is not an object")
            rows.append((number, row))
    return rows


def _messages(row: dict[str, Any], *, where: str) -> tuple[Message, ...]:
    raw = row.get("messages")
    if not isinstance(raw, list) or not raw:
        raise bad_record(where, "has no messages")
    messages = tuple(read_message(item, where=where) for item in raw)
    if not any(message.role == "assistant" and message.trained for message in messages):
        raise bad_record(where, "has no assistant message to learn")
    return messages


def read_message(item: object, *, where: str) -> Message:
    """Return one turn of a record, which ``where`` names in a refusal."""
    if not isinstance(item, dict):
        raise bad_record(where, "holds a message that is not an object")
    role, content, weight = item.get("role"), item.get("content"), item.get("weight", 1)
    if role not in ROLES:
        raise bad_record(where, f"has the role {role!r}; use {', '.join(ROLES)}")
    if not isinstance(content, str) or not content.strip():
        raise bad_record(where, f"has an empty {role} message")
    if weight not in (0, 1, None):
        raise bad_record(where, f"has the weight {weight!r}; use 0 or 1")
    return Message(str(role), content, trained=role == "assistant" and weight != 0)


def bad_record(where: str, what: str) -> TrainerError:
    """Return the refusal of a record."""
    return TrainerError("bad_record", f"{where[0].upper()}{where[1:]} {what}.")
