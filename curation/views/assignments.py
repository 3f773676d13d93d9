"""The manager's table of people and episodes: who does what, given by hand or shared out."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from curation.access import ANNOTATING, MANAGING, member_project, signed_in
from curation.access.assignments import managed_assignment
from curation.domain.assigning import assign_place, release_place, share_out
from curation.enums import AssignmentState, Role, WorkKind
from curation.errors import CurationError
from curation.forms.assignments import SHOWN_KINDS, GridForm, KindForm, ShareForm
from curation.models import Assignment, Episode, Project
from curation.queries.assignments import count_free, held_places, places_by_episode, workable
from curation.queries.layers import cuts_blind
from curation.queries.projects import members_of
from curation.queries.scenes import imported_episodes

EPISODES_A_PAGE = 40
SENTENCES = 5


@dataclass(frozen=True, slots=True)
class Cell:
    """One person's part in one episode.

    Attributes:
        mark: empty, ``open``, ``now`` or ``done``; ``none`` where there is nothing to do.
    """

    person: User
    mark: str


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def assignments(request: HttpRequest, slug: str) -> HttpResponse:
    """Show who does what; POST gives and takes back what was ticked and unticked."""
    project = member_project(request.user, slug, MANAGING)
    kind = _kind(request)
    if request.method == "POST":
        form = GridForm(request.POST)
        if form.is_valid():
            _change(request, project, kind, form.cleaned_data["was"], form.cleaned_data["now"])
        else:
            messages.error(request, str(next(iter(form.errors.values()))[0]))
        page = request.GET.get("page", "")
        return redirect(f"{_address(slug, kind)}{f'&page={page}' if page.isdecimal() else ''}")
    return _show(request, project, kind)


@require_POST
@login_required
def assignments_share(request: HttpRequest, slug: str) -> HttpResponse:
    """Give every free place to one of the people chosen."""
    project = member_project(request.user, slug, MANAGING)
    kind = _kind(request)
    form = ShareForm(request.POST, people=_people(project), chosen=[])
    if not form.is_valid():
        messages.error(request, str(next(iter(form.errors.values()))[0]))
        return redirect(_address(slug, kind))
    people = list(form.cleaned_data["people"])
    try:
        given = sum(
            share_out(project, kind=one, people=people, actor=signed_in(request))
            for one in kinds_of(kind)
        )
    except CurationError as error:
        messages.error(request, str(error))
    else:
        words = f"{given} place{'' if given == 1 else 's'} given." if given else "Nothing was free."
        messages.success(request, words)
    return redirect(_address(slug, kind))


@require_POST
@login_required
def assignment_release(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take a place back from whoever holds it; what was done there is kept."""
    place = managed_assignment(request.user, slug, pk)
    try:
        release_place(place, actor=signed_in(request))
    except CurationError as error:
        messages.error(request, str(error))
    else:
        who = place.person.get_full_name() or place.person.username
        messages.success(
            request, f"{who}’s place in {place.episode.code} is free; their work is kept."
        )
    return redirect(_address(slug, "dialogues" if place.kind == WorkKind.DIALOGUES else "scenes"))


def kinds_of(shown: str) -> tuple[WorkKind, ...]:
    """Return the kinds of work behind a tab."""
    if shown == "dialogues":
        return (WorkKind.DIALOGUES,)
    return (WorkKind.LAYER, WorkKind.SCENES)


def _kind(request: HttpRequest) -> str:
    form = KindForm(request.GET)
    return form.cleaned_data["kind"] if form.is_valid() else "scenes"


def _address(slug: str, kind: str) -> str:
    return f"{reverse('assignments', args=[slug])}?kind={kind}"


def _people(project: Project) -> list[User]:
    """Return the members who work on scripts, annotators first."""
    found = [
        (Role.ANNOTATOR not in {Role(row.role) for row in rows}, user)
        for user, rows in members_of(project)
        if {Role(row.role) for row in rows} & ANNOTATING
    ]
    return [user for _, user in sorted(found, key=lambda pair: (pair[0], pair[1].username))]


def _change(
    request: HttpRequest,
    project: Project,
    kind: str,
    was: set[tuple[int, int]],
    now: set[tuple[int, int]],
) -> None:
    actor = signed_in(request)
    people = {one.pk: one for one in _people(project)}
    ids = {episode for episode, _ in was ^ now}
    episodes = imported_episodes(project).select_related("script__project").in_bulk(ids)
    refused, done = [], 0
    for episode_id, person_id in sorted(was ^ now):
        episode, person = episodes.get(episode_id), people.get(person_id)
        if episode is None or person is None:
            continue
        try:
            if (episode_id, person_id) in now:
                assign_place(episode, person=person, kind=_work_of(episode, kind), actor=actor)
            else:
                _take_back(episode, person, kind, actor)
            done += 1
        except CurationError as error:
            refused.append(str(error))
    if done:
        messages.success(request, f"{done} change{'' if done == 1 else 's'} saved.")
    for sentence in refused[:SENTENCES]:
        messages.warning(request, sentence)
    if (more := len(refused) - SENTENCES) > 0:
        messages.warning(request, f"{more} more could not be done.")


def _take_back(episode: Episode, person: User, kind: str, actor: User) -> None:
    held = Assignment.objects.filter(
        episode=episode, person=person, kind__in=kinds_of(kind), state=AssignmentState.OPEN
    )
    for place in held.select_related("project", "episode", "person"):
        release_place(place, actor=actor)


def _work_of(episode: Episode, kind: str) -> WorkKind:
    if kind == "dialogues":
        return WorkKind.DIALOGUES
    return WorkKind.LAYER if cuts_blind(episode) else WorkKind.SCENES


def _show(request: HttpRequest, project: Project, kind: str) -> HttpResponse:
    people = _people(project)
    page = Paginator(imported_episodes(project), EPISODES_A_PAGE).get_page(request.GET.get("page"))
    annotators = [
        user.pk for user, rows in members_of(project) if any(r.role == Role.ANNOTATOR for r in rows)
    ]
    context = {
        "project": project,
        "kind": kind,
        "kinds": SHOWN_KINDS,
        "people": people,
        "page": page,
        "rows": _rows(project, page, people, kind),
        "params": f"&kind={kind}",
        "free": sum(count_free(project, one) for one in kinds_of(kind)),
        "now": held_places(project).filter(kind__in=kinds_of(kind)),
        "share": ShareForm(None, people=people, chosen=annotators or [one.pk for one in people]),
    }
    return render(request, "curation/work/assignments.html", context)


def _rows(
    project: Project, page: Page[Episode], people: list[User], kind: str
) -> list[tuple[Episode, list[Cell]]]:
    episodes, now = list(page), timezone.now()
    places = places_by_episode(episodes, kinds_of(kind))
    ids = [one.pk for one in episodes]
    todo = {
        pk
        for one in kinds_of(kind)
        for pk in workable(project, one).filter(pk__in=ids).values_list("pk", flat=True)
    }
    found = []
    for episode in episodes:
        marks = {row.person_id: _mark(row, now) for row in places.get(episode.pk, [])}
        empty = "" if episode.pk in todo else "none"
        found.append((episode, [Cell(one, marks.get(one.pk, empty)) for one in people]))
    return found


def _mark(place: Assignment, now: object) -> str:
    if place.state == AssignmentState.DONE:
        return "done"
    return "now" if place.lease_until and place.lease_until > now else "open"  # type: ignore[operator]
