"""Threads of comments: those on a dialogue, the project's list, answers and resolution."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from curation import access
from curation.access.dialogues import project_dialogue
from curation.access.threads import annotated_line, project_thread
from curation.domain.threads import add_comment, open_thread, reopen_thread, resolve_thread
from curation.errors import CurationError
from curation.forms.threads import CommentForm
from curation.models import Dialogue, Thread
from curation.queries.threads import dialogue_threads, project_threads

from .line_threads import line_page, people_context

THREADS_A_PAGE = 25


@login_required
@require_safe
def threads(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a project's open threads, or with ``?resolved=1`` the resolved ones."""
    person = access.signed_in(request)
    project = access.member_project(person, slug, access.ANNOTATING)
    is_resolved = request.GET.get("resolved") == "1"
    found = project_threads(person, project, is_resolved=is_resolved)
    page = Paginator(found, THREADS_A_PAGE).get_page(request.GET.get("page"))
    context = {"project": project, "page": page, "is_resolved": is_resolved}
    context |= people_context(project)
    return render(request, "curation/threads/list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def comments(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Show what is said about a dialogue; open a thread on it."""
    person = access.signed_in(request)
    dialogue = project_dialogue(person, slug, pk)
    form = CommentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        words = form.cleaned_data["text"]
        opened = open_thread(dialogue.project, on=dialogue, author=person, text=words)
        return _to_thread(slug, opened)
    return _comments(request, dialogue, form=form)


@login_required
@require_safe
def thread(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Go to where a thread hangs; one whose line a correction dropped has this page."""
    found = project_thread(access.signed_in(request), slug, pk)
    return _lone(request, found) if found.is_line_gone else _to_thread(slug, found)


@login_required
@require_POST
def thread_answer(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Say something in a thread."""
    person = access.signed_in(request)
    found = project_thread(person, slug, pk)
    form = CommentForm(request.POST)
    if form.is_valid():
        add_comment(found, author=person, text=form.cleaned_data["text"])
        return _to_thread(slug, found)
    if found.is_line_gone:
        return _lone(request, found, answer=form)
    if found.episode and found.utterance:
        place = annotated_line(person, slug, found.episode.pk, found.utterance.position)
        return line_page(request, person, *place, answer=form, answered=found.pk)
    dialogue = project_dialogue(person, slug, found.dialogue_id or 0)
    return _comments(request, dialogue, answer=form, answered=found.pk)


@login_required
@require_POST
def thread_resolve(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Mark a thread as settled."""
    return _settle(request, slug, pk, resolve_thread)


@login_required
@require_POST
def thread_reopen(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take a resolution back."""
    return _settle(request, slug, pk, reopen_thread)


def _settle(request: HttpRequest, slug: str, pk: int, change: Callable[..., None]) -> HttpResponse:
    person: User = access.signed_in(request)
    thread = project_thread(person, slug, pk)
    try:
        change(thread, actor=person)
    except CurationError as error:
        messages.error(request, str(error))
    return _to_thread(slug, thread)


def _to_thread(slug: str, thread: Thread) -> HttpResponse:
    return redirect(thread_address(slug, thread))


def thread_address(slug: str, thread: Thread) -> str:
    """Return where a thread is read; ask with its utterance loaded."""
    if thread.is_line_gone:
        return reverse("thread", args=[slug, thread.pk])
    if thread.utterance:
        place = [slug, thread.episode_id, thread.utterance.position]
        return f"{reverse('line_comments', args=place)}#thread-{thread.pk}"
    return f"{reverse('comments', args=[slug, thread.dialogue_id])}#thread-{thread.pk}"


def _lone(
    request: HttpRequest, thread: Thread, *, answer: CommentForm | None = None
) -> HttpResponse:
    context = {
        "project": thread.project,
        "thread": thread,
        "answer": answer or CommentForm(auto_id=False),
        "answered": thread.pk if answer else None,
        **people_context(thread.project),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if answer else HTTPStatus.OK
    return render(request, "curation/threads/lone.html", context, status=status)


def _comments(
    request: HttpRequest,
    dialogue: Dialogue,
    *,
    form: CommentForm | None = None,
    answer: CommentForm | None = None,
    answered: int | None = None,
) -> HttpResponse:
    context = {
        "project": dialogue.project,
        "dialogue": dialogue,
        "episode": dialogue.scene.utterance.episode,
        "threads": dialogue_threads(dialogue),
        "form": form or CommentForm(),
        "answer": answer or CommentForm(auto_id=False),
        "answered": answered,
        **people_context(dialogue.project),
    }
    refused = (form and form.errors) or (answer and answer.errors)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
    return render(request, "curation/threads/dialogue.html", context, status=status)
