"""Preference pairs: a reply as a reviewer fixed it, and the same reply as it was before.

The fixed reply and what leads to it are taken from the frozen record; the one before from the
revision the reviewer read, which never changes, by the same recipe.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import islice

from django.db.models import Exists, OuterRef

from curation.domain.frozen_records import frozen_lines
from curation.domain.training_records import ChatMessage, Line, Recipe, record_messages
from curation.enums import Decision, Split
from curation.models import DatasetRecord, DatasetVersion, Dialogue, DialogueRevision, Review
from curation.queries.dataset_sources import sources_at
from rickproject.lib.jsonl import encode_line

RECORDS_AT_ONCE = 500


def approved_pairs(dataset: DatasetVersion, split: Split) -> Iterator[bytes]:
    """Yield the preference lines of one split of a built version."""
    return preference_lines(dataset, split, frozen_lines(dataset, split))


def preference_lines(
    dataset: DatasetVersion, split: Split, lines: Iterable[bytes]
) -> Iterator[bytes]:
    """Yield a line of OpenAI's preference format for each reply that a reviewer fixed.

    Dialogues whose fix changed more than texts (lines left out, taken in) give none: the two
    replies would answer different lines.

    Args:
        lines: the frozen ones of the split, in order.
    """
    rows = DatasetRecord.objects.filter(dataset=dataset, split=split).order_by("position")
    keys = rows.values_list("dialogue", "dialogue_revision").iterator(RECORDS_AT_ONCE)
    left = zip(keys, lines, strict=True)
    is_part = Recipe.from_json(dataset.recipe).record_per == "reply"
    while records := list(islice(left, RECORDS_AT_ONCE)):
        before = _before_the_fix(dataset, dict(key for key, _ in records))
        for (dialogue, _), line in records:
            if dialogue in before:
                fixed = json.loads(line)["messages"]
                yield from _pairs(fixed, before[dialogue], is_part=is_part)


def _before_the_fix(
    dataset: DatasetVersion, revisions: dict[int, int]
) -> dict[int, list[ChatMessage]]:
    """Return the messages of each fixed dialogue as they were before its fix."""
    taken_back = DialogueRevision.objects.filter(
        dialogue=OuterRef("dialogue"), revision=OuterRef("revision"), is_taken_back=True
    )
    fixes = Review.objects.filter(
        ~Exists(taken_back),
        dialogue__in=revisions,
        decision=Decision.APPROVED,
        fixed_from__isnull=False,
    ).order_by("pk")
    wanted = {
        review.dialogue_id: review.fixed_from
        for review in fixes
        if review.fixed_from is not None and revisions[review.dialogue_id] > review.fixed_from
    }
    recipe, target = Recipe.from_json(dataset.recipe), dataset.target_character
    dialogues = list(
        Dialogue.objects.filter(pk__in=wanted).select_related("scene__utterance__episode__script")
    )
    for dialogue in dialogues:  # in memory only: read as it was at that revision
        dialogue.revision = wanted[dialogue.pk]
    return {
        source.pk: record_messages(
            [Line(line.speaker, line.text, line.is_target) for line in source.lines],
            recipe,
            character=target.name,
            script=source.script_title,
        )
        for source in sources_at(dialogues, target)
    }


def _pairs(
    fixed: list[ChatMessage], before: list[ChatMessage], *, is_part: bool
) -> Iterator[bytes]:
    """Yield the pairs of one record; one that is a part of its dialogue ends before the rest."""
    now = [message for message in fixed if message["role"] != "system"]
    old = [message for message in before if message["role"] != "system"]
    if is_part:
        old = old[: len(now)]
    if [m["role"] for m in now] != [m["role"] for m in old]:
        return
    opening = [_plain(message) for message in fixed if message["role"] == "system"]
    for at, (better, worse) in enumerate(zip(now, old, strict=True)):
        is_reply = better["role"] == "assistant" and better.get("weight", 1)
        if at and is_reply and better["content"] != worse["content"]:
            yield encode_line(
                {
                    "input": {"messages": opening + [_plain(message) for message in now[:at]]},
                    "preferred_output": [_plain(better)],
                    "non_preferred_output": [_plain(worse)],
                }
            )


def _plain(message: ChatMessage) -> ChatMessage:
    return {"role": message["role"], "content": message["content"]}
