"""What is odd about a dialogue, in words, before anybody approves it."""

import re
from collections.abc import Iterator, Sequence

from curation.domain.dialogue_shape import Member
from curation.domain.record_checks import CheckedRecord, Problem, check_record
from curation.domain.training_records import ChatMessage
from curation.enums import Severity, Split
from curation.models import Boundary, Character, Dialogue
from curation.queries.dialogue_duplicates import same_words
from curation.queries.scene_lines import is_spoken_by, scene_end

LARGEST_HOLE = 3  # source rows; proposals never cross a larger one
SHORTEST_LEAK = 20  # characters; shorter replies turn up by chance
_DIRECTION = re.compile(r"\[[^\]]*\]|\([^)]*\)|\*[^*\n]+\*")


def dialogue_warnings(
    members: Sequence[Member],
    messages: Sequence[ChatMessage],
    *,
    tokens: int,
    budget: int,
    max_tokens: int,
    scene: Boundary,
    target: Character,
    dialogue: Dialogue | None = None,
) -> list[Problem]:
    """Return what a reviewer should know about a dialogue, the gravest first.

    Args:
        tokens: of the whole record.
        budget: the annotator's own, in tokens.
        max_tokens: the recipe's; a dataset refuses a longer record.
        dialogue: the one that is looked at; None while it is only a choice of rows.
    """
    record = CheckedRecord(
        dialogue_id=dialogue.pk if dialogue else 0,
        label="The record",
        split=Split.TRAIN,
        messages=messages,
        token_count=tokens,
        scene="",
    )
    problems = [
        *check_record(record, max_tokens),
        *_about_length(messages, tokens, budget, max_tokens),
        *_about_rows(members),
        *_about_scene(members, scene, dialogue),
        *_about_leaks(messages),
        *_about_duplicates(members, target, dialogue),
    ]
    order = [Severity.ERROR, Severity.WARNING, Severity.NOTE]
    return sorted(problems, key=lambda problem: order.index(problem.severity))


def _about_length(
    messages: Sequence[ChatMessage], tokens: int, budget: int, max_tokens: int
) -> Iterator[Problem]:
    if budget < tokens <= max_tokens:
        yield Problem(
            "over_budget",
            Severity.WARNING,
            f"{tokens} tokens are over your budget of {budget}. Leave lines out or end it earlier.",
        )
    turns = sum(message["role"] != "system" for message in messages)
    if turns == 2:
        yield Problem(
            "one_turn", Severity.NOTE, "The character answers only once: little to learn."
        )


def _about_rows(members: Sequence[Member]) -> Iterator[Problem]:
    for number, member in enumerate(members):
        row = member.utterance.position + 1
        if missing := member.utterance.missing_before if number else 0:
            severity = Severity.WARNING if missing > LARGEST_HOLE else Severity.NOTE
            lines = "1 line is" if missing == 1 else f"{missing} lines are"
            yield Problem("hole", severity, f"{lines} missing in the source before row {row}.")
        if member.is_dropped:
            continue
        if not member.taught.strip():
            yield Problem("blank", Severity.ERROR, f"Row {row} has no text: leave it out.")
        elif found := _DIRECTION.search(member.taught):
            yield Problem(
                "direction",
                Severity.NOTE,
                f"Row {row} holds a stage direction, {found.group()[:40]}. "
                f"Take it out unless it should be learnt.",
            )


def _about_scene(
    members: Sequence[Member], scene: Boundary, dialogue: Dialogue | None
) -> Iterator[Problem]:
    if dialogue is None:
        return
    end = scene_end(scene)
    first, last = members[0].utterance.position, members[-1].utterance.position
    is_outside = first < scene.utterance.position or (end is not None and last >= end)
    if is_outside or not scene.is_active:
        yield Problem(
            "scene_changed",
            Severity.ERROR,
            "The scenes changed under this dialogue. Set its range again.",
        )


def _about_leaks(messages: Sequence[ChatMessage]) -> Iterator[Problem]:
    """Find replies that the model could copy from what stands before them."""
    before = ""
    for message in messages:
        reply = " ".join(message["content"].casefold().split())
        if message["role"] == "assistant" and len(reply) >= SHORTEST_LEAK and reply in before:
            yield Problem(
                "leak",
                Severity.WARNING,
                f"A reply stands word for word before it is asked for: {message['content'][:60]}",
            )
        before = f"{before} {reply}"


def _about_duplicates(
    members: Sequence[Member], target: Character, dialogue: Dialogue | None
) -> Iterator[Problem]:
    kept = [member for member in members if not member.is_dropped]
    if not any(is_spoken_by(member.utterance, target) for member in kept):
        return
    for pk in same_words([member.taught for member in kept], target, besides=dialogue):
        yield Problem(
            "duplicate", Severity.WARNING, f"Dialogue {pk} has the same words.", dialogue_id=pk
        )
