"""The registry of models: the list, one model with its lineage, and what a manager does with it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from curation.access import MANAGING, WATCHING, member_project, project_roles, signed_in
from curation.queries.activity_feed import steps_of
from rickproject.lib.errors import RickError
from training.access.jobs import project_job
from training.access.models import project_model
from training.domain.checkpoint_models import offer_checkpoint
from training.domain.model_stages import (
    delete_weights,
    open_model,
    promote_model,
    restore_model,
    retire_model,
)
from training.forms.models import ModelForm
from training.queries.models import model_lineage, project_models

PAGE_LENGTH = 25
WITH_REASON = {
    "promote": promote_model,
    "retire": retire_model,
    "restore": restore_model,
    "delete": delete_weights,
}
STEP_WORDS = {
    "model.made": "made",
    "model.promoted": "made live",
    "model.retired": "retired",
    "model.restored": "brought back",
    "model.opened": "opened to testers",
    "model.closed": "closed to testers",
    "model.weights_deleted": "its weights deleted",
}


@login_required
@require_GET
def models(request: HttpRequest, slug: str) -> HttpResponse:
    """List a project's models, the live ones first."""
    project = member_project(request.user, slug, WATCHING)
    page = Paginator(project_models(project), PAGE_LENGTH).get_page(request.GET.get("page"))
    return render(request, "training/models/list.html", {"project": project, "page_obj": page})


@login_required
@require_GET
def model(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Show one model: what it is to the team, what it was made of, who did what with it."""
    found = project_model(request.user, slug, pk)
    context = {
        "project": found.project,
        "model": found,
        "lineage": model_lineage(found),
        "steps": [(STEP_WORDS.get(step.verb, step.verb), step) for step in steps_of(found)],
        "form": ModelForm(),
        "may_act": bool(project_roles(request.user, found.project) & MANAGING),
    }
    return render(request, "training/models/model.html", context)


@login_required
@require_POST
def model_change(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Promote, retire, bring back, open, close, or delete the weights of a model."""
    found = project_model(request.user, slug, pk, MANAGING)
    form = ModelForm(request.POST)
    if not form.is_valid():
        for problem in form.errors.values():
            messages.error(request, " ".join(map(str, problem)))
        return redirect("model", slug, pk)
    action, actor = form.cleaned_data["action"], signed_in(request)
    try:
        if action in WITH_REASON:
            WITH_REASON[action](found, actor=actor, reason=form.cleaned_data["reason"])
        else:
            open_model(found, actor=actor, is_open=action == "open")
    except RickError as error:
        messages.error(request, str(error))
    return redirect("model", slug, pk)


@login_required
@require_POST
def checkpoint_offer(request: HttpRequest, slug: str, pk: int, step: int) -> HttpResponse:
    """Make a model of a job's checkpoint and show it."""
    found = project_job(request.user, slug, pk, MANAGING)
    try:
        made = offer_checkpoint(found, step, actor=signed_in(request))
    except RickError as error:
        messages.error(request, str(error))
        return redirect("job", slug, pk)
    return redirect("model", slug, made.pk)
