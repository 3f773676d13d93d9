"""The questions that a request to a language model takes, and what they may cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from curation.models import Boundary, Episode
from curation.queries.layers import layer_of
from curation.queries.note_drafts import scenes_without_note
from curation.queries.scenes import scene_starts
from rickproject.config import get_config
from training.domain.suggestion_limits import SuggestionPrice, price_of
from training.domain.suggestion_parts import (
    LINES_PER_NOTE,
    Range,
    cut_into_ranges,
    estimate_tokens,
    lines_of,
)
from training.domain.suggestion_prompts import note_messages, scenes_messages
from training.enums import SuggestionKind
from training.models import SuggestionPart, SuggestionRequest

OUTPUT_TOKENS = {SuggestionKind.SCENES: 4000, SuggestionKind.NOTES: 1200}
#: Room for what is known of the scenes before, which is written only while notes are drafted.
EARLIER_TOKENS = 1800
MOST_NOTES = 100


@dataclass(frozen=True, slots=True)
class Question:
    """One question before it is written down."""

    lines: Range
    tokens: int
    scene: Boundary | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """What a request may take at most; ``usd`` is None where the price is not known."""

    questions: int
    tokens: int
    usd: Decimal | None
    price: SuggestionPrice | None


def scene_questions(episode: Episode) -> list[Question]:
    """Return the questions that an episode's scenes take, with the tokens of each."""
    return [
        Question(
            part,
            estimate_tokens(scenes_messages(lines_of(episode, first=part.first, last=part.last))),
        )
        for part in cut_into_ranges(episode.utterance_count)
    ]


def note_questions(episode: Episode, *, position: int | None = None) -> list[Question]:
    """Return the questions that titles and notes take; ``position`` as in ask_for_notes."""
    starts = scene_starts(layer_of(episode, None))
    if not starts:
        return []
    wanted = scenes_without_note(episode) if position is None else starts
    chosen = {one.pk for one in wanted if position in {None, one.utterance.position}}
    ends = [one.utterance.position for one in starts[1:]] + [episode.utterance_count]
    questions: list[Question] = []
    for scene, end in zip(starts, ends, strict=True):
        if scene.pk in chosen and len(questions) < MOST_NOTES:
            first = scene.utterance.position
            last = min(end - 1, first + LINES_PER_NOTE - 1)
            lines = lines_of(episode, first=first, last=last)
            tokens = estimate_tokens(note_messages(lines, earlier=[])) + EARLIER_TOKENS
            questions.append(Question(Range(first, last, first, end - 1), tokens, scene))
    return questions


def quote(kind: SuggestionKind, questions: Sequence[Question]) -> Quote:
    """Return what questions may take at most, before they are asked."""
    price = price_of(get_config().suggestion_model)
    tokens = sum(one.tokens for one in questions)
    made = OUTPUT_TOKENS[kind] * len(questions)
    return Quote(
        questions=len(questions),
        tokens=tokens + made,
        usd=price.cost_usd(input_tokens=tokens, output_tokens=made) if price else None,
        price=price,
    )


def tokens_again(request: SuggestionRequest, part: SuggestionPart) -> int:
    """Return the tokens of a question that is asked once more."""
    lines = lines_of(request.episode, first=part.first, last=part.last)
    if request.kind == SuggestionKind.SCENES:
        return estimate_tokens(scenes_messages(lines))
    return estimate_tokens(note_messages(lines, earlier=[])) + EARLIER_TOKENS
