"""Comments on a line and on the scene that starts there: a page, and the reader's dialog of it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from curation import access
from curation.access.threads import annotated_line
from curation.domain.threads import open_thread
from curation.forms.threads import CommentForm, LineCommentForm
from curation.models import Episode, Project, Utterance
from curation.queries.layers import cuts_blind, may_see_layers
from curation.queries.threads import line_threads, mentionable_people

from .reader_desk import desk_of


@login_required
@require_http_methods(["GET", "POST"])
def line_comments(request: HttpRequest, slug: str, pk: int, position: int) -> HttpResponse:
    """Show what is said about a line; begin a thread on it or on the scene that starts there."""
    person = access.signed_in(request)
    episode, line = annotated_line(person, slug, pk, position)
    form = LineCommentForm(request.POST or None, initial={"about": request.GET.get("on", "line")})
    if request.method == "POST" and form.is_valid():
        thread = open_thread(
            episode.script.project,
            on=line,
            author=person,
            text=form.cleaned_data["text"],
            is_on_scene=form.cleaned_data["about"] == "scene",
        )
        answer = redirect("line_comments", slug=slug, pk=pk, position=position)
        answer["Location"] += f"#thread-{thread.pk}"
        return answer
    return line_page(request, person, episode, line, form=form)


def line_page(
    request: HttpRequest,
    person: User,
    episode: Episode,
    line: Utterance,
    *,
    form: LineCommentForm | None = None,
    answer: CommentForm | None = None,
    answered: int | None = None,
) -> HttpResponse:
    """Render a line's comments: the page, or for the reader's dialog its part."""
    form = form or LineCommentForm(initial={"about": "line"})
    threads = list(line_threads(person, episode, line.position))
    scene = _scene_title(person, episode, line)
    context = {
        "project": episode.script.project,
        "episode": episode,
        "line": line,
        "number": line.position + 1,
        "scene": scene,
        "is_scene_start": scene is not None,
        "open_threads": [one for one in threads if one.resolved_at is None],
        "resolved_threads": [one for one in threads if one.resolved_at],
        "form": form,
        "about": form["about"].value(),
        "answer": answer or CommentForm(auto_id=False),
        "answered": answered,
        "is_blind": cuts_blind(episode),
        "may_see": may_see_layers(person, episode),
        **people_context(episode.script.project),
    }
    refused = form.errors or (answer and answer.errors)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
    part: Any = getattr(request, "htmx", False)
    page = "curation/threads/_line.html" if part else "curation/threads/line.html"
    return render(request, page, context, status=status)


def people_context(project: Project) -> dict[str, Any]:
    """Return who can be mentioned: for the list that completes names, and to set names apart."""
    people = mentionable_people(project)
    return {"mention_people": people, "mention_names": [one.username for one in people]}


def _scene_title(person: User, episode: Episode, line: Utterance) -> str | None:
    """Return the title of the scene that starts at the line on this person's desk, else None."""
    layer = desk_of(person, episode).layer()
    found = (
        layer.boundaries.filter(utterance=line, is_active=True).values_list("title", flat=True)
        if layer
        else ()
    )
    return next(iter(found), "" if line.position == 0 else None)
