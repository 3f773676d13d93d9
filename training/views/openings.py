"""Held-out scenes to begin with, and the real next line."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from curation.access import TALKING, member_project, signed_in
from rickproject.lib.errors import RickError
from rickproject.lib.numbers import is_key
from training.access.chat import own_conversation
from training.domain.chat_turns import ChatError
from training.domain.openings import held_out_records, peek, read_opening, start_from_opening
from training.models import ModelVersion
from training.queries.conversations import talkable_models

PAGE_LENGTH = 20


@login_required
@require_GET
def openings(request: HttpRequest, slug: str) -> HttpResponse:
    """List the scenes that a model has not learnt from."""
    project = member_project(request.user, slug, TALKING)
    models = talkable_models(project, signed_in(request))
    model = _chosen(models, request.GET.get("model", ""))
    if model is None:
        messages.error(request, "There is no such model to talk to.")
        return redirect("chat", slug)
    page = Paginator(held_out_records(model), PAGE_LENGTH).get_page(request.GET.get("page"))
    rows = [(record, read_opening(record)) for record in page]
    context = {
        "project": project,
        "model": model,
        "models": models,
        "page_obj": page,
        "rows": rows,
    }
    return render(request, "training/chat/openings.html", context)


@login_required
@require_POST
def opening_start(request: HttpRequest, slug: str) -> HttpResponse:
    """Begin a conversation with a scene."""
    project = member_project(request.user, slug, TALKING)
    model = _chosen(talkable_models(project, signed_in(request)), request.POST.get("model", ""))
    asked = request.POST.get("record", "")
    try:
        if model is None:
            raise ChatError("There is no such model to talk to.")
        record = held_out_records(model).filter(pk=int(asked) if is_key(asked) else 0).first()
        talk = start_from_opening(signed_in(request), model, record)
    except RickError as error:
        messages.error(request, str(error))
        return redirect("chat", slug)
    return redirect("conversation", slug, talk.pk)


@login_required
@require_POST
def opening_peek(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Show the real next line from now on; that it was looked at is kept."""
    talk = own_conversation(request.user, slug, pk)
    try:
        peek(talk)
    except RickError as error:
        messages.error(request, str(error))
    return redirect("conversation", slug, pk)


def _chosen(models: QuerySet[ModelVersion], asked: str) -> ModelVersion | None:
    """Return the model that was asked for, else the first that the person may talk to."""
    return models.filter(pk=int(asked)).first() if is_key(asked) else models.first()
