"""How far annotators agree: per episode with the script beside it, and over the project."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from curation.access import project_roles, signed_in
from curation.access.layers import compared_episode
from curation.access.scenes import annotated_project
from curation.domain.adjudication import Table, lay_table
from curation.domain.agreement import Agreement, Mean, band_of, measure_agreement
from curation.domain.agreement_pairs import Unit
from curation.domain.segmentation_metrics import Measure, Undefined
from curation.domain.team_agreement import agreement_of_episodes
from curation.models import Episode
from curation.queries.layers import ADJUDICATORS, is_settled, visible_episodes
from curation.queries.scenes import imported_episodes, project_characters, reader_rows

from .layer_names import layer_names
from .thread_marks import line_url, thread_marks
from .votes_rows import choice_words, render_strip, render_votes, split_words

EPISODES_A_PAGE = 50


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure as a page shows it: a number, or words for why there is none."""

    name: str
    value: str
    words: str
    is_number: bool


def figures_of(found: Agreement) -> list[Figure]:
    """Return the figures beside the headline, in the order in which a page shows them."""
    windows = "–".join(str(k) for k in dict.fromkeys(found.windows))
    k = f"windows of {windows} lines, both directions averaged; lower is better"
    little = ""
    if found.windows_say_little:
        little = ". Somebody saw a single scene, so this says little there"
    near = "boundaries found by both, a slip of one line forgiven"
    return [
        _figure("F1 within one line", found.near_f1.value, near + _left_out(found.near_f1)),
        _figure("F1 exact", found.f1.value, "the same, no slip forgiven"),
        _figure("alpha", found.alpha, "Krippendorff’s, per gap: strict, a slip counts twice"),
        _figure("multi-pi", found.pi.value, "boundary similarity beyond chance"),
        _figure("Pk", found.pk.value, k + little),
        _figure("WindowDiff", found.window_diff.value, k + little),
    ]


def matrix_of(found: Agreement, names: dict[int, str]) -> list[dict[str, Any]]:
    """Return the pair matrix as rows of cells, empty on and under the diagonal."""
    order = list(names)
    cells = {}
    for one, other in combinations(sorted(order), 2):
        mean = found.matrix.get((one, other))
        cells[one, other] = cells[other, one] = _cell(mean)
    return [
        {
            "name": names[row],
            "cells": [cells[row, column] if n > m else "" for n, column in enumerate(order)],
        }
        for m, row in enumerate(order)
    ]


@login_required
@require_safe
def episode_agreement(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Show how far the finished layers of an episode agree, and where they do not."""
    person = signed_in(request)
    episode = compared_episode(person, slug, pk)
    table = lay_table(episode)
    context = compared_context(person, episode, table, decides=False)
    layers = {
        layer.annotator.pk: gaps for layer, gaps in zip(table.layers, table.gaps, strict=True)
    }
    found = measure_agreement([Unit(rows=len(table.spoken), layers=layers)])
    context |= _headline(found) | {
        "figures": figures_of(found),
        "matrix": matrix_of(found, context["people"]),
        "saw_others": sum(layer.saw_others for layer in table.layers),
    }
    return render(request, "curation/agreement/episode.html", context)


@login_required
@require_safe
def project_agreement(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the agreement over all episodes that are open to this person."""
    person = signed_in(request)
    project = annotated_project(person, slug)
    episodes = list(imported_episodes(project))
    open_to = visible_episodes(person, project, episodes)
    team = agreement_of_episodes(project.pk, [one for one in episodes if one.pk in open_to])
    is_lowest_first = request.GET.get("order") == "lowest"
    order = team.lowest_first() if is_lowest_first else team.measured
    page = Paginator(order, EPISODES_A_PAGE).get_page(request.GET.get("page"))
    people = [team.people[pk] for pk in sorted(team.people)]
    names = dict(zip(sorted(team.people), layer_names(person, project, people), strict=True))
    together = team.together()
    context = _headline(together) | {
        "project": project,
        "figures": figures_of(together),
        "people": names,
        "matrix": matrix_of(together, names),
        "episodes": [
            {
                "episode": one.episode,
                "layers": one.layers,
                "similarity": _cell(one.figures.similarity),
                "near_f1": _cell(one.figures.near_f1),
                "band": band_of(one.figures.similarity.value)[0],
            }
            for one in team.of_episodes(page)
        ],
        "page": page,
        "is_lowest_first": is_lowest_first,
        "hidden": len(episodes) - len(open_to),
    }
    return render(request, "curation/agreement/project.html", context)


def compared_context(
    person: User, episode: Episode, table: Table, *, decides: bool
) -> dict[str, Any]:
    """Return what the pages of agreement and of adjudication share: strip, script, splits."""
    project = episode.script.project
    names = compared_names(person, episode, table)
    rows = reader_rows(episode)
    return {
        "project": project,
        "episode": episode,
        "people": names,
        "table": table,
        "line_count": len(rows),
        "strip": render_strip(table),
        "rows": render_votes(
            table,
            rows=rows,
            people=names,
            characters=project_characters(project),
            decides=decides,
            talked=thread_marks(person, episode),
            line_url=line_url(episode),
        ),
        "splits": [
            {
                "position": split.position,
                "words": split_words(split),
                "choices": [
                    choice_words(name, start)
                    for name, start in zip(names.values(), split.choices, strict=True)
                ],
            }
            for split in table.splits
        ],
        "is_settled": is_settled(episode),
        "wanted": project.annotators_per_episode,
        "may_adjudicate": bool(project_roles(person, project) & frozenset(ADJUDICATORS)),
    }


def compared_names(person: User, episode: Episode, table: Table) -> dict[int, str]:
    """Return how the table's annotators are called for this person, by their id, in order."""
    order = [layer.annotator for layer in table.layers]
    names = layer_names(person, episode.script.project, order)
    return dict(zip([one.pk for one in order], names, strict=True))


def _headline(found: Agreement) -> dict[str, Any]:
    band, words = band_of(found.similarity.value)
    return {
        "headline": _cell(found.similarity),
        "is_defined": not isinstance(found.similarity.value, Undefined),
        "band": band,
        "band_words": words,
        "pairs": found.similarity.count,
        "left_out": found.similarity.left_out,
    }


def _cell(mean: Mean | None) -> str:
    if mean is None or isinstance(mean.value, Undefined):
        return "–"
    return f"{mean.value:.2f}"


def _left_out(mean: Mean) -> str:
    return f"; {mean.left_out} left out where it is undefined" if mean.left_out else ""


def _figure(name: str, value: Measure, words: str) -> Figure:
    if isinstance(value, Undefined):
        return Figure(name, "–", str(value), is_number=False)
    return Figure(name, f"{value:.2f}", words, is_number=True)
