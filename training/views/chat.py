"""The chat page: conversations, their settings and their messages."""

import uuid
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from curation.access import MANAGING, TALKING, member_project, project_roles, signed_in
from curation.models import Project
from rickproject.lib.errors import RickError
from rickproject.lib.numbers import is_key
from training.access.chat import own_conversation
from training.domain.chat import change_conversation, show_version, start_conversation
from training.domain.conversation_exports import as_json, as_markdown
from training.domain.openings import real_line
from training.enums import MessageRole
from training.forms.chat import RenameForm, SettingsForm, StartForm, speaker_choices
from training.models import Conversation
from training.providers.registry import nothing_trains
from training.queries.conversations import own_conversations, spent_on, talkable_models, thread

HISTORY_LENGTH = 50
LONGEST_SEARCH = 200


def _page(request: HttpRequest, project: Project, **more: Any) -> dict[str, Any]:
    words = request.GET.get("q", "").replace("\0", "")[:LONGEST_SEARCH]
    found = own_conversations(project, signed_in(request), words)
    return {"project": project, "history": found[:HISTORY_LENGTH], "words": words, **more}


@login_required
@require_GET
def chat(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose a model and begin, or go on with an earlier conversation."""
    project = member_project(request.user, slug, TALKING)
    models = talkable_models(project, signed_in(request))
    asked = request.GET.get("model", "")
    first = models.filter(pk=asked).first() if is_key(asked) else None
    first = first or models.first()
    form = StartForm(project=project, user=signed_in(request), initial={"model": first})
    missing = [] if first else nothing_trains()
    may_train = bool(project_roles(signed_in(request), project) & MANAGING)
    context = _page(
        request,
        project,
        form=form,
        has_models=first is not None,
        nothing_trains=missing if may_train else [],
        may_train=may_train,
        start=True,
    )
    return render(request, "training/chat/start.html", context)


@login_required
@require_POST
def conversation_start(request: HttpRequest, slug: str) -> HttpResponse:
    """Open a conversation."""
    project = member_project(request.user, slug, TALKING)
    form = StartForm(request.POST, project=project, user=signed_in(request))
    if not form.is_valid():
        context = _page(request, project, form=form, has_models=True, start=True)
        return render(
            request, "training/chat/start.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY
        )
    conversation = start_conversation(project, user=signed_in(request), **form.cleaned_data)
    return redirect("conversation", slug, conversation.pk)


@login_required
@require_GET
def conversation(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Show one conversation and its composer."""
    talk = own_conversation(request.user, slug, pk)
    return conversation_page(request, talk)


def conversation_page(
    request: HttpRequest,
    talk: Conversation,
    *,
    form: SettingsForm | None = None,
    problem: str = "",
    draft: str = "",
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """Show a conversation and its composer; a refused message is still in the box."""
    shown = thread(talk)
    context = _page(
        request,
        talk.project,
        conversation=talk,
        messages_shown=shown,
        waits_for_answer=bool(shown) and shown[-1].message.role == MessageRole.USER,
        real_line=real_line(talk),
        spent=spent_on(talk),
        form=form or SettingsForm(instance=talk, project=talk.project, user=talk.user),
        speakers=speaker_choices(talk.project),
        client_key=uuid.uuid4().hex,
        problem=problem,
        draft=draft,
    )
    return render(request, "training/chat/conversation.html", context, status=status)


@login_required
@require_POST
def conversation_settings(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Change model, speaker, system message or parameters."""
    talk = own_conversation(request.user, slug, pk)
    form = SettingsForm(request.POST, project=talk.project, user=talk.user)
    if not form.is_valid():
        return conversation_page(request, talk, form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    change_conversation(talk, **form.cleaned_data)
    return redirect("conversation", slug, pk)


@login_required
@require_GET
def conversation_export(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Send a conversation as a file: as Markdown to read, or as JSON with everything."""
    talk = own_conversation(request.user, slug, pk)
    is_json = request.GET.get("format") == "json"
    text, kind, ending = (
        (as_json(talk), "application/json", "json")
        if is_json
        else (as_markdown(talk), "text/markdown; charset=utf-8", "md")
    )
    response = HttpResponse(text, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{slug}-chat-{pk}.{ending}"'
    return response


@login_required
@require_POST
def conversation_version(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Show another version of a message, with what was said after it."""
    talk = own_conversation(request.user, slug, pk)
    asked, seen = request.POST.get("message", ""), request.POST.get("turn", "")
    message = talk.messages.filter(pk=int(asked)).first() if is_key(asked) else None
    try:
        show_version(talk, message, turn=int(seen) if is_key(seen) else talk.turn)
    except RickError as error:
        messages.error(request, str(error))
    return redirect(
        f"{reverse('conversation', args=[slug, pk])}#message-{message.pk if message else ''}"
    )


@login_required
@require_POST
def conversation_rename(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Give a conversation another title."""
    talk = own_conversation(request.user, slug, pk)
    form = RenameForm(request.POST)
    if form.is_valid():
        change_conversation(talk, title=form.cleaned_data["title"])
    else:
        messages.error(request, str(form.errors["title"][0]))
    return redirect("conversation", slug, pk)


@login_required
@require_POST
def conversation_delete(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Delete a conversation and its messages for good."""
    own_conversation(request.user, slug, pk).delete()
    return redirect("chat", slug)
