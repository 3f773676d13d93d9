"""One question of a request as it is asked, and its answer as it is kept and counted."""

from decimal import Decimal
from typing import Any

from curation.enums import NoteDraftState
from curation.models import NoteDraft
from curation.queries.layers import layer_of
from curation.queries.scenes import scene_starts
from training.domain.suggestion_answers import read_note, read_scenes
from training.domain.suggestion_limits import SuggestionPrice
from training.domain.suggestion_parts import lines_of
from training.domain.suggestion_prompts import EarlierNote, note_messages, scenes_messages
from training.enums import SuggestionKind
from training.models import SuggestionPart, SuggestionRequest
from training.providers.suggestions import ModelAnswer

EARLIER_SCENES = 3


def part_messages(request: SuggestionRequest, part: SuggestionPart) -> list[dict[str, str]]:
    """Return the question of a part, with what is noted of the scenes before by now."""
    lines = lines_of(request.episode, first=part.first, last=part.last)
    if request.kind == SuggestionKind.SCENES:
        return scenes_messages(lines)
    return note_messages(lines, earlier=_earlier(request, part))


def _earlier(request: SuggestionRequest, part: SuggestionPart) -> list[EarlierNote]:
    """Return what is noted or drafted of the scenes just before."""
    starts = scene_starts(layer_of(request.episode, None))
    before = [one for one in starts if one.utterance.position < part.own_first][-EARLIER_SCENES:]
    drafts = {
        draft.scene_id: draft
        for draft in NoteDraft.objects.filter(scene__in=before, state=NoteDraftState.OPEN)
    }
    found = []
    for scene in before:
        draft = drafts.get(scene.pk)
        if scene.note or draft is None:
            found.append(EarlierNote(scene.title, scene.note))
        else:
            found.append(EarlierNote(draft.title, draft.text))
    return found


def read_part(request: SuggestionRequest, part: SuggestionPart, text: str) -> dict[str, Any]:
    """Return a part's answer as it is kept.

    Raises:
        AnswerRefusedError: it is not exactly what was asked for.
    """
    if request.kind == SuggestionKind.NOTES:
        note = read_note(text)
        return {"title": note.title, "note": note.text}
    known = range(part.first + 1, part.last + 2)
    return {"scenes": [[line, title] for line, title in read_scenes(text, known=known).items()]}


def part_costs(request: SuggestionRequest, answer: ModelAnswer, *, counted: int) -> dict[str, Any]:
    """Return what a part took, as its columns; ``counted`` is our count of the question."""
    told = answer.input_tokens is not None and answer.output_tokens is not None
    taken = answer.input_tokens if told else counted
    made = answer.output_tokens if told else len(answer.text.encode()) // 3 + 8
    input_tokens, output_tokens = taken or 0, made or 0
    cost = None
    if request.input_usd_per_million_tokens is not None and request.price_as_of:
        price = SuggestionPrice(
            request.input_usd_per_million_tokens,
            request.output_usd_per_million_tokens or Decimal(0),
            request.price_as_of,
            "",
        )
        cost = price.cost_usd(input_tokens=input_tokens, output_tokens=output_tokens)
    return {
        "input_tokens": input_tokens,
        "output_tokens": output_tokens,
        "is_counted_here": not told,
        "cost_usd": cost,
        "reserved_tokens": input_tokens + output_tokens,
        "reserved_usd": cost,
    }
