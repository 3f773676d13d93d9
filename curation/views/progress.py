"""The dashboard: how far episodes and people are, the pace, and when the goal is reached."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from curation import access
from curation.domain.agreement import band_of
from curation.domain.projects import set_dialogue_goal
from curation.domain.segmentation_metrics import Undefined
from curation.domain.team_agreement import agreement_of_episodes
from curation.domain.team_progress import TeamProgress, measure_progress
from curation.errors import CurationError
from curation.forms.projects import GoalForm
from curation.models import Project
from curation.queries.layers import visible_episodes
from curation.queries.scenes import imported_episodes
from curation.queries.team_progress import EpisodeProgress, episode_progress
from rickproject.lib.csv_text import write_csv

from .progress_words import STATES, csv_table, day_rows, forecast_words, goal_chart, pace_chart

#: Lines times layers whose agreement is measured here; the agreement page measures the rest.
AGREEMENT_BUDGET = 20_000
EPISODES_A_PAGE = 50


@login_required
@require_safe
def progress(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a project's progress; an annotator finds only their own row among the people."""
    person = access.signed_in(request)
    project = access.member_project(person, slug, access.ANNOTATING)
    found = _measure(person, project)
    words, spread = forecast_words(found)
    pages = Paginator(imported_episodes(project), EPISODES_A_PAGE)
    page = pages.get_page(request.GET.get("page"))
    shown = episode_progress(page.object_list)
    agreement = _agreement(person, project, shown)
    context = {
        "project": project,
        "found": found,
        "states": STATES,
        "forecast": words,
        "spread": spread,
        "charts": {"goal": goal_chart(found), "pace": pace_chart(found)},
        "days": day_rows(found),
        "episodes": [
            (
                one,
                [one.dialogues.get(state, 0) for state in STATES],
                agreement.get(one.episode.pk, ("–", "")),
            )
            for one in shown
        ],
        "page": page,
        "people": [
            (one, [one.dialogues.get(state, 0) for state in STATES]) for one in found.people
        ],
        "form": GoalForm(initial={"goal": project.dialogue_goal}),
        "may_manage": bool(access.project_roles(person, project) & access.MANAGING),
    }
    return render(request, "curation/projects/progress.html", context)


@login_required
@require_safe
def progress_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer one of the dashboard's tables as CSV: ``?table=episodes``, ``people`` or ``days``."""
    person = access.signed_in(request)
    project = access.member_project(person, slug, access.ANNOTATING)
    table = request.GET.get("table", "episodes")
    try:
        header, rows = csv_table(
            table, _measure(person, project), lambda: episode_progress(imported_episodes(project))
        )
    except KeyError:
        msg = "There is no such table; choose episodes, people or days."
        raise Http404(msg) from None
    response = HttpResponse(write_csv(header, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slug}-{table}.csv"'
    return response


@login_required
@require_POST
def progress_goal(request: HttpRequest, slug: str) -> HttpResponse:
    """Set how many approved dialogues the team wants."""
    person = access.signed_in(request)
    project = access.member_project(person, slug, access.MANAGING)
    form = GoalForm(request.POST)
    if form.is_valid():
        try:
            set_dialogue_goal(project, goal=form.cleaned_data["goal"], actor=person)
        except CurationError as error:
            form.add_error("goal", str(error))
    for problem in form.errors.get("goal", []):
        messages.error(request, f"The goal stays {project.dialogue_goal}: {problem}")
    return redirect("progress", slug=slug)


def _measure(person: User, project: Project) -> TeamProgress:
    sees_all = access.project_roles(person, project) & access.REVIEWING
    return measure_progress(project, now=timezone.now(), only=None if sees_all else person)


def _agreement(
    person: User, project: Project, shown: list[EpisodeProgress]
) -> dict[int, tuple[str, Any]]:
    """Return boundary similarity and its band by episode, as far as the budget goes."""
    left = AGREEMENT_BUDGET
    compared = [one for one in shown if one.layers > 1]
    open_to = visible_episodes(person, project, [one.episode for one in compared])
    chosen = []
    for one in compared:
        cost = one.layers * one.episode.utterance_count
        if one.episode.pk in open_to and cost <= left:
            chosen.append(one.episode)
            left -= cost
    words_of: dict[int, tuple[str, Any]] = {
        one.episode.pk: ("see agreement", "") for one in compared
    }
    team = agreement_of_episodes(project.pk, chosen)
    for measured in team.of_episodes(team.measured):
        value = measured.figures.similarity.value
        words = "–" if isinstance(value, Undefined) else f"{value:.2f}"
        words_of[measured.episode.pk] = (words, band_of(value)[0])
    return words_of
