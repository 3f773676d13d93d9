"""The rules that a dataset must keep before it costs anything.

Source: OpenAI's fine-tuning guide and the cookbook's "Data preparation and analysis for chat
model fine-tuning", plus what both leave out (duplicates, control tokens, the last speaker).
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from curation.domain.training_records import ChatMessage
from curation.enums import Severity, Split
from rickproject.lib.text import UNWRITABLE

MINIMUM_TRAIN_RECORDS = 10
ROLES = {"system", "user", "assistant"}
CONTROL_TOKEN = re.compile(r"<\|[a-z_]{2,40}\|>")
LINE_OR_SENTENCE = re.compile(r"[\r\n]+|(?<=[.!?…])\s+")  # lines may be joined by a space
# Marks that turn the direction of what follows (Unicode's Bidi_Control without the three single
# marks that right-to-left scripts need), soft hyphen, zero-width space, word joiner, byte order
# mark and code points that are no characters. Joiners stay: Persian and emoji are spelt with them.
UNSEEN = re.compile("[\u202a-\u202e\u2066-\u2069\u00ad\u200b\u2060\ufeff\ufdd0-\ufdef\ufffe\uffff]")


@dataclass(frozen=True)
class Problem:
    """One finding, with the dialogue it is about where there is one."""

    code: str
    severity: Severity
    message: str
    dialogue_id: int | None = None


@dataclass(frozen=True)
class CheckedRecord:
    """A record as the checks see it.

    Attributes:
        speakers: the names of everybody who speaks in it, the character too.
    """

    dialogue_id: int
    label: str
    split: Split
    messages: Sequence[ChatMessage]
    token_count: int
    scene: str
    changed_since_approval: bool = False
    speakers: frozenset[str] = frozenset()


def check_records(records: Sequence[CheckedRecord], *, max_tokens: int) -> list[Problem]:
    """Check a whole dataset and return every finding, errors first.

    Args:
        records: shape (n,), in the order of the files.
        max_tokens: a record over it is an error.
    """
    problems = [
        *_check_size(records),
        *(problem for record in records for problem in check_record(record, max_tokens)),
        *_check_repetition(records),
        *_check_contradictions(records),
        *_check_leakage(records),
    ]
    return sorted(problems, key=lambda problem: problem.severity != Severity.ERROR)


def check_record(record: CheckedRecord, max_tokens: int) -> Iterator[Problem]:
    """Check one record by itself against the rules of the providers."""

    def error(code: str, message: str) -> Problem:
        return Problem(code, Severity.ERROR, f"{record.label} {message}", record.dialogue_id)

    messages = record.messages
    if not messages or messages[-1]["role"] != "assistant":
        yield error("ends_wrongly", "does not end on the character’s line.")
    if not any(message["role"] == "user" for message in messages):
        yield error("no_context", "has no line of another speaker to answer.")
    if any(message["role"] not in ROLES for message in messages):
        yield error("unknown_role", "has a message with an unknown role.")
    if not any(m["role"] == "assistant" and m.get("weight", 1) for m in messages):
        yield error("nothing_trained", "has no reply that the model is trained on.")
    if record.changed_since_approval:
        yield error(
            "changed_since_approval",
            "is not what was approved: its scene’s note, a speaker’s alias or the scenes changed "
            "since. Return it in Review, then submit and approve it again.",
        )
    if record.token_count > max_tokens:
        yield error(
            "too_long",
            f"has {record.token_count} tokens, more than the recipe’s {max_tokens}: leave lines "
            "out or raise the limit.",
        )
    for message in messages:
        yield from _check_text(record, message["content"])
    yield from _check_unseen(record)
    yield from _check_labels(record)


def _check_text(record: CheckedRecord, text: str) -> Iterator[Problem]:
    def error(code: str, message: str) -> Problem:
        return Problem(code, Severity.ERROR, f"{record.label} {message}", record.dialogue_id)

    if not text.strip():
        yield error("empty_text", "has an empty message.")
    if CONTROL_TOKEN.search(text):
        yield error("control_token", f"contains a control token: {CONTROL_TOKEN.findall(text)[0]}")
    if found := UNWRITABLE.search(text):
        yield error(
            "control_character",
            f"contains a control character (U+{ord(found[0]):04X}); edit its text for training.",
        )


def _check_unseen(record: CheckedRecord) -> Iterator[Problem]:
    """Find characters that no reader sees and every model learns, once for a record."""
    found = {char for message in record.messages for char in UNSEEN.findall(message["content"])}
    if found:
        codes = ", ".join(f"U+{ord(char):04X}" for char in sorted(found))
        text = (
            f"{record.label} contains characters that nobody sees ({codes}) and that the model "
            "would learn. Remove them in its text for training, or keep them if the script "
            "needs them."
        )
        yield Problem("unseen_character", Severity.WARNING, text, record.dialogue_id)


def _check_labels(record: CheckedRecord) -> Iterator[Problem]:
    """Find a reply that begins with a speaker's name: the model would learn to write it."""
    names = {name.casefold() for name in record.speakers if name}
    for message in record.messages:
        if message["role"] != "assistant":
            continue
        for line in LINE_OR_SENTENCE.split(message["content"]):
            label, colon, _ = line.partition(":")
            if colon and label.strip().casefold() in names:
                text = (
                    f"{record.label} has a reply with a speaker’s name before a line or sentence "
                    f"(“{label.strip()}:”); the model would write it too. Edit its text for "
                    "training."
                )
                yield Problem("speaker_label", Severity.WARNING, text, record.dialogue_id)
                return


def _check_size(records: Sequence[CheckedRecord]) -> Iterator[Problem]:
    train = sum(record.split == Split.TRAIN for record in records)
    if train < MINIMUM_TRAIN_RECORDS:
        yield Problem(
            "too_few_records",
            Severity.ERROR,
            f"The training split has {train} records; providers ask for at least "
            f"{MINIMUM_TRAIN_RECORDS}. Approve more dialogues.",
        )
    if len(records) == train:
        yield Problem(
            "no_validation",
            Severity.WARNING,
            "There is no validation split, so over-fitting cannot be seen. "
            "Build again with a share for validation.",
        )


def _check_repetition(records: Sequence[CheckedRecord]) -> Iterator[Problem]:
    seen: dict[str, CheckedRecord] = {}
    for record in records:
        spoken = "\n".join(m["content"] for m in record.messages if m["role"] != "system")
        key = " ".join(spoken.casefold().split())
        first = seen.setdefault(key, record)
        if first is record:
            continue
        if first.split != record.split:
            message = f"{record.label} repeats {first.label} on the other side of the split."
            yield Problem("leaks", Severity.ERROR, message, record.dialogue_id)
        else:
            message = f"{record.label} has the same lines as {first.label}."
            yield Problem("duplicate", Severity.WARNING, message, record.dialogue_id)


def _check_contradictions(records: Sequence[CheckedRecord]) -> Iterator[Problem]:
    """Find records that ask the same, system message and all, and answer differently."""
    seen: dict[tuple[str, ...], tuple[str, CheckedRecord]] = {}
    for record in records:
        if not record.messages:
            continue
        said = [" ".join(m["content"].casefold().split()) for m in record.messages]
        reply, first = seen.setdefault(tuple(said[:-1]), (said[-1], record))
        if reply != said[-1]:
            message = (
                f"{record.label} answers the same lines as {first.label} in other words; the "
                "model learns a mixture. Keep both only if both are in character."
            )
            yield Problem("contradiction", Severity.WARNING, message, record.dialogue_id)


def _check_leakage(records: Sequence[CheckedRecord]) -> Iterator[Problem]:
    sides: dict[str, set[str]] = defaultdict(set)
    for record in records:
        sides[record.scene].add(record.split)
    shared = sorted(scene for scene, splits in sides.items() if len(splits) > 1)
    if shared:
        yield Problem(
            "neighbours_leak",
            Severity.WARNING,
            f"{len(shared)} scenes have dialogues on both sides of the split; neighbours resemble "
            "each other. Split by scene or episode for honest validation figures.",
        )
