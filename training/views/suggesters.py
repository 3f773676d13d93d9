"""How good each suggester is against the agreed scenes, and what it costs."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from curation.access.scenes import annotated_project
from curation.domain.segmentation_metrics import Measure, Undefined
from curation.domain.suggester_scores import (
    Average,
    Fates,
    SuggesterScore,
    SuggesterScores,
    score_suggesters,
)
from training.domain.suggestions import missing_for_suggestions
from training.queries.suggestions import ModelCost, costs_of_models

TONES = ("accent", "amber", "ink", "red", "quiet")
FIGURES = (
    ("Boundary similarity", "similarity", "1.00 is the same scenes; a slip of one line costs half"),
    ("F1 within one line", "near_f1", "boundaries found, a slip of one line forgiven"),
    ("Pk", "pk", "lower is better"),
    ("WindowDiff", "window_diff", "lower is better"),
)


@login_required
@require_safe
def suggesters(request: HttpRequest, slug: str) -> HttpResponse:
    """Show each suggester's scores, what people made of it, and what it costs."""
    project = annotated_project(request.user, slug)
    found = score_suggesters(project)
    costs = costs_of_models(project)
    context = {
        "project": project,
        "figures": [(name, words) for name, _, words in FIGURES],
        "rows": [
            {
                "name": one.name,
                "episodes": len(one.by_episode),
                "figures": [_cell(getattr(one, field)) for _, field, _ in FIGURES],
                "cost": _cost_words(one, costs),
            }
            for one in found.suggesters
        ],
        "undefined": sorted(_reasons(found.suggesters)),
        "agreed": len(found.episodes),
        "chart": _chart(found),
        "by_episode": _by_episode(found),
        "names": [one.name for one in found.suggesters],
        "fates": [
            {"name": one.name, "kind": kind, "fates": fates, "rate": _rate(fates)}
            for one in found.suggesters
            for kind, fates in (("scene starts", one.scenes), ("titles and notes", one.notes))
            if fates.decided or fates.waiting
        ],
        "costs": costs,
        "missing": missing_for_suggestions(),
    }
    return render(request, "training/suggestions/suggesters.html", context)


def _cell(average: Average) -> str:
    if isinstance(average.value, Undefined):
        return "–"
    return f"{average.value:.2f}"


def _rate(fates: Fates) -> str:
    rate = fates.rate
    return "–" if isinstance(rate, Undefined) else f"{rate:.0%}"


def _reasons(found: tuple[SuggesterScore, ...]) -> set[str]:
    """Return why figures are missing, each reason once with whom it concerns."""
    reasons: dict[str, list[str]] = {}
    for one in found:
        for _, field, _ in FIGURES:
            average: Average = getattr(one, field)
            if isinstance(average.value, Undefined):
                named = reasons.setdefault(str(average.value), [])
                if one.name not in named:
                    named.append(one.name)
    return {f"{', '.join(names)}: {reason}" for reason, names in reasons.items()}


def _cost_words(one: SuggesterScore, costs: list[ModelCost]) -> str:
    """Return what an episode's scenes cost from this suggester."""
    if one.key[0] != "llm":
        return "nothing"
    mine = [cost for cost in costs if cost.model_name == one.key[1] and cost.kind == "scenes"]
    usd = mine[0].usd_per_episode if mine else None
    return "not known" if usd is None else f"${usd:.4f}"


def _chart(found: SuggesterScores) -> dict[str, Any] | None:
    """Return boundary similarity by episode, a line for each suggester; None with one episode."""
    shown = [one for one in found.suggesters if one.by_episode][: len(TONES)]
    if len(found.episodes) < 2 or not shown:
        return None
    return {
        "x": list(range(1, len(found.episodes) + 1)),
        "x_label": "agreed episode",
        "decimals": 2,
        "lines": [
            {
                "label": one.name,
                "tone": tone,
                "dashed": number > 0,
                "values": [_similarity(one, episode.pk) for episode in found.episodes],
            }
            for number, (one, tone) in enumerate(zip(shown, TONES, strict=False))
        ],
    }


def _similarity(one: SuggesterScore, episode_id: int) -> float | None:
    compared = one.by_episode.get(episode_id)
    if compared is None or isinstance(compared.similarity, Undefined):
        return None
    return round(compared.similarity, 4)


def _by_episode(found: SuggesterScores) -> list[dict[str, Any]]:
    return [
        {
            "episode": episode,
            "cells": [
                _number(one.by_episode[episode.pk].similarity)
                if episode.pk in one.by_episode
                else ""
                for one in found.suggesters
            ],
        }
        for episode in found.episodes
    ]


def _number(value: Measure) -> str:
    return "–" if isinstance(value, Undefined) else f"{value:.2f}"
