"""Preference pairs: of two replies to one prompt, which one is the better.

A line is what OpenAI's protocol takes for preference tuning::

    {"input": {"messages": [...]},
     "preferred_output": [{"role": "assistant", "content": "…"}],
     "non_preferred_output": [{"role": "assistant", "content": "…"}]}
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from training.trainer.encoding import IGNORED, ChatEncoder, Example
from training.trainer.errors import TrainerError
from training.trainer.records import Message, Record, bad_record, read_message, read_rows


@dataclass(frozen=True)
class Preference(Record):
    """A record whose last message is the preferred reply; only it is learnt."""

    rejected: Message


@dataclass(frozen=True)
class Pair(Example):
    """The preferred reply as an example, and the tokens of the other one.

    Attributes:
        prompt: how many tokens both have in common before the reply begins.
        rejected: of the reply that is not preferred, its end included.
    """

    prompt: int
    rejected: list[int]


def read_preferences(path: Path) -> list[Preference]:
    """Read a file of preference lines; an absent file counts as empty.

    Raises:
        TrainerError: code ``bad_record`` with the number of the first line that is wrong.
    """
    return [_preference(path.name, number, row) for number, row in read_rows(path)]


def encode_pair(encoder: ChatEncoder, record: Preference, *, limit: int) -> Pair:
    """Return the tokens of a pair; what follows the end of a reply is left out.

    Raises:
        TrainerError: one of the two is too long, or the template begins them differently.
    """
    chosen = encoder.encode_record(record, limit=limit)
    swapped = replace(record, messages=(*record.messages[:-1], record.rejected))
    other = encoder.encode_record(swapped, limit=limit)
    (start, end), (other_start, other_end) = _learnt(chosen), _learnt(other)
    if end == 0 or other_end == 0 or chosen.input_ids[:start] != other.input_ids[:other_start]:
        raise TrainerError(
            "template_pairs",
            f"The base's chat template begins the two replies of {record.name} differently, "
            "so they cannot be compared. Choose another base.",
        )
    return Pair(
        chosen.input_ids[:end],
        chosen.labels[:end],
        prompt=start,
        rejected=other.input_ids[start:other_end],
    )


def _learnt(example: Example) -> tuple[int, int]:
    """Return where what is learnt begins and ends; both 0 when nothing is."""
    places = [place for place, label in enumerate(example.labels) if label != IGNORED]
    return (places[0], places[-1] + 1) if places else (0, 0)


def _preference(file: str, number: int, row: dict[str, Any]) -> Preference:
    where = f"record {number} of {file}"
    given = row.get("input")
    raw = given.get("messages") if isinstance(given, dict) else None
    if not isinstance(raw, list) or not raw:
        raise bad_record(where, "has no input.messages")
    prompt = tuple(replace(read_message(item, where=where), trained=False) for item in raw)
    if prompt[-1].role == "assistant":
        raise bad_record(where, "ends its input with the assistant; the replies come after it")
    better = _reply(row, "preferred_output", where=where)
    worse = _reply(row, "non_preferred_output", where=where)
    if better == worse:
        raise bad_record(where, "prefers a reply to itself")
    return Preference(file, number, (*prompt, better), worse)


def _reply(row: dict[str, Any], name: str, *, where: str) -> Message:
    raw = row.get(name)
    if not isinstance(raw, list) or len(raw) != 1:
        raise bad_record(where, f"needs one message in {name}")
    message = read_message(raw[0], where=where)
    if message.role != "assistant":
        raise bad_record(where, f"has no assistant message in {name}")
    return replace(message, trained=True)
