"""The requests behind the demo's made-up drafts: as if asked, with tokens and a made-up price.

No model was asked and nothing was paid: the model and the server say so by their names, and nothing
of it counts against a project's limits.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from curation.demo.plan import DRAFT_MODEL, SLUG
from curation.models import Boundary, Episode, NoteDraft, SuggestedBoundary, SuggestionRun
from curation.queries.layers import layer_of
from curation.queries.scenes import scene_starts
from training.domain.suggestion_limits import SuggestionPrice
from training.domain.suggestion_parts import estimate_tokens, lines_of
from training.domain.suggestion_prompts import note_messages, scenes_messages
from training.enums import PartState, RequestState, SuggestionKind
from training.models import SuggestionPart, SuggestionRequest

SERVER = "none: made up for the demo"
PRICE = SuggestionPrice(Decimal("0.20"), Decimal("0.80"), date(2026, 11, 1), SERVER)
NOTES_AFTER = timedelta(hours=1)
CHARACTERS_A_TOKEN = 4


@transaction.atomic
def record_demo_requests() -> int:
    """Write down the requests that the demo's drafts would have come from, once.

    Returns:
        How many were written; 0 where the demo is not there or has them already.
    """
    mine = SuggestionRequest.objects.filter(project__slug=SLUG, model_name=DRAFT_MODEL)
    if mine.exists():
        return 0
    runs = SuggestionRun.objects.filter(
        episode__script__project__slug=SLUG, model_name=DRAFT_MODEL
    ).select_related("episode__script__project", "created_by")
    count = 0
    asked: dict[int, datetime] = {}
    for run in runs.order_by("pk"):
        asked[run.episode_id] = run.created_at + NOTES_AFTER
        _record_scenes(run)
        count += 1
    drafts = NoteDraft.objects.filter(
        scene__segmentation__episode__script__project__slug=SLUG, model_name=DRAFT_MODEL
    )
    drafted = drafts.order_by().values("scene__segmentation__episode").annotate(first=Min("pk"))
    for row in drafted.order_by("first"):
        episode = Episode.objects.get(pk=row["scene__segmentation__episode"])
        mine_here = drafts.filter(scene__segmentation__episode=episode)
        _record_notes(
            episode,
            list(mine_here.select_related("scene__utterance", "asked_by").order_by("pk")),
            at=asked.get(episode.pk, timezone.now() - NOTES_AFTER),
        )
        count += 1
    return count


def _record_scenes(run: SuggestionRun) -> None:
    episode = run.episode
    suggested = SuggestedBoundary.objects.filter(run=run).select_related("utterance")
    answer = {"scenes": [[one.utterance.position + 1, one.title] for one in suggested]}
    request = _request(episode, SuggestionKind.SCENES, run.created_by, at=run.created_at)
    last = episode.utterance_count - 1
    question = scenes_messages(lines_of(episode, first=0, last=last))
    _answered(request, 1, (0, last), question, answer)


def _record_notes(episode: Episode, drafts: Sequence[NoteDraft], *, at: datetime) -> None:
    request = _request(episode, SuggestionKind.NOTES, drafts[0].asked_by, at=at)
    starts = [one.utterance.position for one in scene_starts(layer_of(episode, None))]
    ends = dict(zip(starts, [*(start - 1 for start in starts[1:]), None], strict=True))
    for number, draft in enumerate(drafts, start=1):
        first = draft.scene.utterance.position
        last = ends.get(first)
        last = episode.utterance_count - 1 if last is None else last
        question = note_messages(lines_of(episode, first=first, last=last), earlier=[])
        answer = {"title": draft.title, "note": draft.text}
        _answered(request, number, (first, last), question, answer, scene=draft.scene)


def _request(
    episode: Episode, kind: SuggestionKind, asked_by: User | None, *, at: datetime
) -> SuggestionRequest:
    request = SuggestionRequest.objects.create(
        project=episode.script.project,
        episode=episode,
        kind=kind,
        model_name=DRAFT_MODEL,
        server=SERVER,
        state=RequestState.SUCCEEDED,
        input_usd_per_million_tokens=PRICE.input_usd,
        output_usd_per_million_tokens=PRICE.output_usd,
        price_as_of=PRICE.as_of,
        created_by=asked_by or episode.script.project.created_by,
        finished_at=at,
    )
    SuggestionRequest.objects.filter(pk=request.pk).update(created_at=at, updated_at=at)
    return request


def _answered(
    request: SuggestionRequest,
    number: int,
    lines: tuple[int, int],
    question: list[dict[str, str]],
    answer: dict[str, Any],
    *,
    scene: Boundary | None = None,
) -> None:
    taken = estimate_tokens(question)
    made = len(str(answer)) // CHARACTERS_A_TOKEN
    SuggestionPart.objects.create(
        request=request,
        number=number,
        scene=scene,
        first=lines[0],
        last=lines[1],
        own_first=lines[0],
        own_last=lines[1],
        state=PartState.ANSWERED,
        attempts=1,
        input_tokens=taken,
        output_tokens=made,
        is_counted_here=True,
        cost_usd=PRICE.cost_usd(input_tokens=taken, output_tokens=made),
        answer=answer,
    )
