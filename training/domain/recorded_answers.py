"""Answers of a model to the held-out prompts of a dataset, kept in a file: to compare models of
which one is soon gone.

A file has a JSON object a line (:class:`RecordedAnswer`), in the order of the validation split.
"""

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from difflib import SequenceMatcher
from pathlib import Path
from statistics import median
from typing import Any

from curation.domain.training_records import ChatMessage
from curation.enums import DatasetState, Split
from curation.models import DatasetVersion
from rickproject.lib.jsonl import encode_line
from training.errors import TrainingError
from training.providers.chat_events import Delta
from training.providers.chat_stream import close_sessions, read_reply
from training.providers.model_server import ModelServerError, find_endpoint

FACTS = ("finish_reason", "prompt_tokens", "completion_tokens")


class AnswersError(TrainingError):
    """Answers cannot be recorded or compared like this."""

    code = "answers"


@dataclass(frozen=True, kw_only=True)
class RecordedAnswer:
    """One reply of one model.

    Attributes:
        record: SHA-256 of the validation record that the prompt is from.
        messages: what was sent.
        real: the script's own line.
        seconds: from sending to the end of the reply.
        recorded_at: ISO 8601, UTC.
    """

    record: str
    model: str
    provider: str
    messages: list[ChatMessage]
    real: str
    reply: str
    finish_reason: str
    prompt_tokens: int | None
    completion_tokens: int | None
    seconds: float
    recorded_at: str


@dataclass(frozen=True)
class Sampling:
    """How a model is asked; a temperature of 0 takes the likeliest words."""

    temperature: float = 0.0
    max_tokens: int = 256
    seed: int = 1


@dataclass(frozen=True, kw_only=True)
class AnswersSummary:
    """What the answers of one file come to.

    Attributes:
        cut: ended by the limit of tokens.
        real: word for word the script's own line.
        characters: median length of a reply.
        similarity: median of Python's ``SequenceMatcher.ratio`` with the real line, 0.0 to 1.0.
    """

    model: str
    count: int
    cut: int
    real: int
    characters: float
    similarity: float


def held_out_prompts(dataset: DatasetVersion) -> Iterator[tuple[str, list[ChatMessage], str]]:
    """Yield SHA-256, messages and real line of each validation record.

    Raises:
        AnswersError: the version was not built from dialogues, or holds nothing out.
    """
    if dataset.state not in {DatasetState.APPROVED, DatasetState.WAITING, DatasetState.RETURNED}:
        msg = f"Dataset {dataset.number} is {dataset.get_state_display()}; it has no records."
        raise AnswersError(msg)
    rows = dataset.records.filter(split=Split.VALIDATION).order_by("position")
    if not rows.exists():
        msg = f"Dataset {dataset.number} holds nothing out; build one with a validation split."
        raise AnswersError(msg)
    for sha256, line in rows.values_list("sha256", "line"):
        *before, last = json.loads(bytes(line))["messages"]
        plain: list[ChatMessage] = [
            {"role": each["role"], "content": each["content"]} for each in before
        ]
        yield sha256, plain, last["content"]


def read_answers(path: Path) -> list[RecordedAnswer]:
    """Read a file of answers; an absent one has none.

    Raises:
        AnswersError: a line is no answer.
    """
    if not path.exists():
        return []
    names = {field.name for field in fields(RecordedAnswer)}
    found = []
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            values = json.loads(line)
            found.append(RecordedAnswer(**{name: values[name] for name in names}))
        except (ValueError, KeyError, TypeError) as error:
            msg = f"Line {number} of {path.name} is no recorded answer; take another file."
            raise AnswersError(msg) from error
    return found


def record_answers(
    dataset: DatasetVersion,
    path: Path,
    *,
    provider: str,
    model: str,
    sampling: Sampling,
    most: int | None = None,
    tell: Callable[[str], None] = lambda _words: None,
) -> int:
    """Ask a model for a reply to each held-out prompt that the file has none of yet.

    Each answer is written before the next is asked for, so a run that broke off goes on.

    Args:
        model: the name that the provider knows.
        most: prompts to ask in this run; None for all.

    Returns:
        How many answers were added.

    Raises:
        AnswersError: the file holds another model's answers, or the dataset holds nothing out.
        ModelServerError: the model did not answer; what came before is kept.
    """
    known = read_answers(path)
    if others := {answer.model for answer in known} - {model}:
        msg = f"{path.name} holds the answers of {', '.join(sorted(others))}; name another file."
        raise AnswersError(msg)
    answered = {answer.record for answer in known}
    left = [prompt for prompt in held_out_prompts(dataset) if prompt[0] not in answered][:most]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        for number, (record, messages, real) in enumerate(left, start=1):
            body = {"model": model, "messages": messages, **asdict(sampling)}
            begun = time.monotonic()
            facts = asyncio.run(_reply(provider, body))
            answer = RecordedAnswer(
                record=record,
                model=model,
                provider=provider,
                messages=messages,
                real=real,
                seconds=round(time.monotonic() - begun, 2),
                recorded_at=datetime.now(UTC).isoformat(timespec="seconds"),
                **facts,
            )
            file.write(encode_line(asdict(answer)))
            file.flush()
            tell(f"{number} of {len(left)}: {answer.reply[:60]}")
    return len(left)


async def _reply(provider: str, body: dict[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {"reply": "", **dict.fromkeys(FACTS)}

    def take(delta: Delta) -> None:
        facts["reply"] += delta.text
        told = {name: getattr(delta, name) for name in FACTS}
        facts.update({name: value for name, value in told.items() if value is not None})

    try:
        await read_reply(await find_endpoint(provider), body, take=take)
    except ModelServerError as error:
        msg = f"{error} What was answered so far is kept; run it again to go on."
        raise ModelServerError(msg, status=error.status) from error
    finally:
        await close_sessions()
    return facts


def pair_answers(
    one: Sequence[RecordedAnswer], other: Sequence[RecordedAnswer]
) -> list[tuple[RecordedAnswer, RecordedAnswer]]:
    """Return the answers of two models to the same prompts.

    Raises:
        AnswersError: they have no prompt in common.
    """
    theirs = {answer.record: answer for answer in other}
    pairs = [(answer, theirs[answer.record]) for answer in one if answer.record in theirs]
    if not pairs:
        raise AnswersError(
            "The two files answer no prompt in common; record both on the same dataset version."
        )
    return pairs


def summarise_answers(answers: Sequence[RecordedAnswer]) -> AnswersSummary:
    """Sum up the answers of one model, at least one."""
    return AnswersSummary(
        model=answers[0].model,
        count=len(answers),
        cut=sum(answer.finish_reason == "length" for answer in answers),
        real=sum(answer.reply.strip() == answer.real.strip() for answer in answers),
        characters=median(len(answer.reply) for answer in answers),
        similarity=median(
            SequenceMatcher(None, answer.real, answer.reply, autojunk=False).ratio()
            for answer in answers
        ),
    )
