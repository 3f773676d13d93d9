"""The reader's page: one episode, the layer a person works on, and what belongs beside it."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse

from curation.domain.speaker_learnings import known_settings
from curation.domain.suggestion_scores import score_suggestions
from curation.enums import SegmentationMode, SegmentationState, UtteranceKind
from curation.queries.layers import finished_layers, may_see_layers
from curation.queries.note_drafts import open_note_drafts
from curation.queries.scenes import (
    dialogue_spans,
    open_suggestions,
    project_characters,
    reader_rows,
    scene_starts,
)

from .reader_desk import Desk
from .reader_rows import render_rows, scene_head, suggestion_line
from .thread_marks import line_url, thread_marks
from .work_places import place_card

CONFLICT_DIALOGS = (
    ("scenes-conflict", "Keep both, mine on top"),
    ("note-conflict", "Keep mine; theirs stays in the history"),
)


def reader_page(
    request: HttpRequest, desk: Desk, *, error: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    """Render the reader."""
    episode = desk.episode
    project = episode.script.project
    layer = desk.layer()
    starts = scene_starts(layer)
    rows = reader_rows(episode)
    learned = known_settings(episode)
    offered = open_suggestions(episode, annotator=desk.annotator)
    context = {
        "project": project,
        "episode": episode,
        "layer": layer,
        "revision": layer.revision if layer else 0,
        "states": SegmentationState.choices,
        "state_code": layer.state if layer else "untouched",
        "rows": render_rows(
            episode,
            rows=rows,
            starts=starts,
            suggestions=offered,
            characters=project_characters(project),
            marks=thread_marks(desk.person, episode),
        ),
        "line_url": line_url(episode),
        "row_count": len(rows),
        "scene_count": max(len(starts), 1 if rows else 0),
        "score": score_suggestions(
            episode,
            spoken=[row[0] for row in rows if row[2] == UtteranceKind.SPEECH],
            starts=[start.utterance.position for start in starts],
            annotator=desk.annotator,
        ),
        "offered_count": sum(one.is_proposed for one in offered),
        "spans": json.dumps(
            [
                [span.first, span.last, span.state, span.dialogue_id]
                for span in dialogue_spans(episode)
            ]
        ),
        "dialogue_url": _maybe_url("dialogue", project.slug, 0),
        "scene_dialogues_url": _maybe_url("scene_dialogues", project.slug, episode.pk, 0),
        "note_url": reverse("scene_note", args=[project.slug, episode.pk, 0]),
        "first": starts[0] if starts else None,
        "blank_scene": scene_head(episode, number=0, position=0, last=0),
        "blank_suggestion": suggestion_line(
            pk=0, position=0, kind="suggested", percent="", words=""
        ),
        "dialogs": CONFLICT_DIALOGS,
        "error": error,
        "layer_kind": desk.kind,
        "learned_from": learned.episodes if learned else 0,
        "draft_count": 0 if desk.annotator else open_note_drafts(episode).count(),
        "place": place_card(desk.person, episode),
        **_team(desk),
    }
    return render(request, "curation/scenes/reader.html", context, status=status)


def _team(desk: Desk) -> dict[str, Any]:
    """Return what the page says about colleagues: how many finished, never what they cut."""
    project = desk.episode.script.project
    if project.segmentation_mode != SegmentationMode.BLIND:
        return {"is_live": True}
    finished = finished_layers([desk.episode]).get(desk.episode.pk, [])
    return {
        "is_live": desk.annotator is None,
        "finished_count": len(finished),
        "wanted_count": project.annotators_per_episode,
        "may_see_layers": may_see_layers(desk.person, desk.episode),
    }


def _maybe_url(name: str, *args: Any) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
