"""The list of episodes and how far their scenes are."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from curation.access import MANAGING, project_roles, signed_in
from curation.access.scenes import annotated_project
from curation.enums import WorkKind
from curation.forms.scenes import EpisodeFilterForm
from curation.queries.assignments import places_by_episode
from curation.queries.layers import is_blind, with_layers
from curation.queries.scenes import episode_summaries, imported_episodes, listed_episodes

from .work_places import at_work

PER_PAGE = 50


@login_required
@require_safe
def episodes(request: HttpRequest, slug: str) -> HttpResponse:
    """List the project's episodes; the filter lives in the address."""
    person = signed_in(request)
    project = annotated_project(person, slug)
    form = EpisodeFilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {"q": "", "state": ""}
    found = listed_episodes(project, search=wanted["q"], state=wanted["state"])
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    shown = episode_summaries(
        imported_episodes(project).filter(pk__in=[one.pk for one in page.object_list])
    )
    if is_blind(project):
        shown = with_layers(shown, annotator=person)
    page.object_list = list(shown)
    held = places_by_episode(page.object_list, tuple(WorkKind))
    for episode in page.object_list:
        vars(episode)["workers"] = at_work(held.get(episode.pk, []))
    context = {
        "project": project,
        "page": page,
        "form": form,
        "is_blind": is_blind(project),
        "may_manage": bool(project_roles(person, project) & MANAGING),
        "is_filtered": bool(wanted["q"] or wanted["state"]),
        "params": "".join(f"&{name}={value}" for name, value in wanted.items() if value),
    }
    return render(request, "curation/scenes/episodes.html", context)
