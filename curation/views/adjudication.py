"""Settle an episode: layers side by side, each split decided, the agreed scenes saved."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from curation.access import signed_in
from curation.access.layers import adjudicated_episode
from curation.domain.adjudication import (
    Table,
    decide_split,
    lay_table,
    redo_last_split,
    save_agreed_scenes,
    take_majority,
    undo_last_split,
)
from curation.domain.layers import undo_agreement
from curation.errors import CurationError
from curation.forms.layers import PRESSES, SplitForm
from curation.models import Episode

from .agreement import compared_context, compared_names
from .reader import refusal, status_of, wants_json
from .votes_rows import decision_words


@login_required
@require_safe
def adjudication(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Show the layers side by side, with the buttons that decide each split."""
    return _page(request, adjudicated_episode(request.user, slug, pk))


@login_required
@require_POST
def adjudication_decide(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take one annotator's decision at a split, or the majority everywhere undecided."""
    episode = adjudicated_episode(request.user, slug, pk)
    person = signed_in(request)
    form = SplitForm(request.POST)
    if not form.is_valid():
        error = CurationError("This press was not understood. Load the page again.")
        return _refused(request, episode, error)
    try:
        if form.cleaned_data["choice"] == "m":
            table = take_majority(episode, actor=person)
        elif form.cleaned_data["choice"] == "u":
            table = undo_last_split(episode, actor=person)
        elif form.cleaned_data["choice"] == "r":
            table = redo_last_split(episode, actor=person)
        else:
            position, annotator = form.split()
            table = decide_split(episode, position=position, annotator=annotator, actor=person)
    except CurationError as error:
        return _refused(request, episode, error)
    if wants_json(request):
        return JsonResponse(_decisions(person, episode, table))
    at = form.cleaned_data["choice"].partition(":")[0]
    anchor = "" if at in PRESSES else f"#split-{at}"
    return redirect(f"{reverse('adjudication', args=[slug, pk])}{anchor}")


@login_required
@require_POST
def adjudication_save(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Make the agreed scenes of what all share and what was decided."""
    episode = adjudicated_episode(request.user, slug, pk)
    try:
        save_agreed_scenes(episode, actor=signed_in(request))
    except CurationError as error:
        return _page(request, episode, error=str(error), status=status_of(error))
    messages.success(request, f"{episode.code} is agreed. Titles, notes and dialogues can follow.")
    return redirect("reader", slug=slug, pk=pk)


@login_required
@require_POST
def adjudication_undo(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take the agreed scenes back, as long as nothing rests on them."""
    episode = adjudicated_episode(request.user, slug, pk)
    try:
        undo_agreement(episode, actor=signed_in(request))
    except CurationError as error:
        return _page(request, episode, error=str(error), status=status_of(error))
    messages.success(request, f"{episode.code} is open again; the decisions are kept.")
    return redirect("adjudication", slug=slug, pk=pk)


def _page(
    request: HttpRequest, episode: Episode, *, error: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    table = lay_table(episode)
    context = compared_context(signed_in(request), episode, table, decides=True)
    context |= {
        "error": error,
        "undecided": table.undecided,
    }
    return render(request, "curation/agreement/adjudicate.html", context, status=status)


def _refused(request: HttpRequest, episode: Episode, error: CurationError) -> HttpResponse:
    if wants_json(request):
        return refusal(error)
    return _page(request, episode, error=str(error), status=status_of(error))


def _decisions(person: User, episode: Episode, table: Table) -> dict[str, Any]:
    names = compared_names(person, episode, table)
    return {
        "undecided": table.undecided,
        "decisions": [
            {"position": one.position, "words": decision_words(one.decision, people=names)}
            for one in table.splits
            if one.decision
        ],
    }
