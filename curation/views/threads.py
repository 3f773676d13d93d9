"""Comments in threads: those on a dialogue, and those of a project that wait for an answer."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from curation import access
from curation.access.dialogues import project_dialogue
from curation.access.threads import dialogue_thread
from curation.domain.threads import add_comment, open_thread, reopen_thread, resolve_thread
from curation.errors import CurationError
from curation.forms.threads import CommentForm
from curation.models import Dialogue, Thread
from curation.queries.threads import dialogue_threads, project_threads

THREADS_A_PAGE = 25


@login_required
@require_safe
def threads(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a project's open threads, or with ``?resolved=1`` the resolved ones."""
    person = access.signed_in(request)
    project = access.member_project(person, slug, access.ANNOTATING)
    is_resolved = request.GET.get("resolved") == "1"
    found = project_threads(project, is_resolved=is_resolved)
    page = Paginator(found, THREADS_A_PAGE).get_page(request.GET.get("page"))
    context = {"project": project, "page": page, "is_resolved": is_resolved}
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
        thread = open_thread(dialogue.project, on=dialogue, author=person, text=words)
        return _to_thread(slug, thread)
    return _comments(request, dialogue, form=form)


@login_required
@require_POST
def thread_answer(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Say something in a thread."""
    person = access.signed_in(request)
    thread = dialogue_thread(person, slug, pk)
    form = CommentForm(request.POST)
    if form.is_valid():
        add_comment(thread, author=person, text=form.cleaned_data["text"])
        return _to_thread(slug, thread)
    dialogue = project_dialogue(person, slug, thread.dialogue_id or 0)
    return _comments(request, dialogue, answer=form, answered=thread.pk)


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
    thread = dialogue_thread(person, slug, pk)
    try:
        change(thread, actor=person)
    except CurationError as error:
        messages.error(request, str(error))
    return _to_thread(slug, thread)


def _to_thread(slug: str, thread: Thread) -> HttpResponse:
    answer = redirect("comments", slug=slug, pk=thread.dialogue_id)
    answer["Location"] += f"#thread-{thread.pk}"
    return answer


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
    }
    refused = (form and form.errors) or (answer and answer.errors)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
    return render(request, "curation/threads/dialogue.html", context, status=status)
