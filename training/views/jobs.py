"""Fine-tuning jobs: the list, the form with its estimate, one page for a job of any provider."""

import uuid
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from curation.access import MANAGING, WATCHING, member_project, project_roles, signed_in
from curation.models import DatasetVersion, Project
from rickproject.lib.errors import RickError
from training.access.jobs import project_job
from training.domain.checkpoint_models import checkpoint_name
from training.domain.estimates import Estimate
from training.domain.job_limits import JobError, JobLimitError, needs_second_person
from training.domain.job_pauses import may_pause
from training.domain.jobs import cancel_job, retry_job, start_job
from training.domain.model_versions import model_name
from training.domain.repeats import repeat_sentence
from training.domain.sweeps import MOST_JOBS, estimate_orders, orders_of, start_sweep
from training.enums import FINAL_JOB_STATES, JobState, ModelStage
from training.forms.jobs import SETTING_PREFIX, JobForm
from training.models import Checkpoint, FineTuneJob, ModelVersion
from training.providers.capabilities import LOCAL
from training.providers.registry import (
    capabilities_here,
    missing_for,
    nothing_trains,
    provider_keys,
)
from training.providers.starting_points import STARTING_POINTS, point_of, point_values
from training.queries.comparison import FEWEST, kept_step
from training.queries.jobs import (
    TABLE_COLUMNS,
    job_charts,
    job_curves,
    job_settings,
    latest_events,
    loss_sentences,
    project_jobs,
    status_sentence,
    trainable_datasets,
    warning_sentences,
)
from training.queries.moderation import unread_dataset
from training.queries.overfitting import overfitting_sentence

PAGE_LENGTH = 25
VIEWS = ("charts", "table")


@login_required
@require_GET
def jobs(request: HttpRequest, slug: str) -> HttpResponse:
    """List a project's jobs, the newest first."""
    project = member_project(request.user, slug, WATCHING)
    page = Paginator(project_jobs(project), PAGE_LENGTH).get_page(request.GET.get("page"))
    context = {
        "project": project,
        "page_obj": page,
        "rows": [(job, status_sentence(job)) for job in page],
        "may_compare": page.paginator.count >= FEWEST,
        "may_start": bool(project_roles(request.user, project) & MANAGING),
        "has_datasets": trainable_datasets(project).exists(),
        "nothing_trains": nothing_trains(),
    }
    return render(request, "training/jobs/list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def job_start(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose, read the estimate, start."""
    project = member_project(request.user, slug, MANAGING)
    provider = _provider_of(request)
    row = capabilities_here(provider)
    if request.method == "GET":
        values = _query_data(request, project, provider)
        form = JobForm(initial=values, project=project, row=row)
        asked = JobForm(values, project=project, row=row)
        return _start_page(request, project, form, HTTPStatus.OK, asked=asked)
    form = JobForm(request.POST, project=project, row=row)
    if form.is_valid():
        try:
            address = _start(project, signed_in(request), form)
        except JobLimitError as error:
            form.add_error(None, str(error))
            return _start_page(request, project, form, HTTPStatus.TOO_MANY_REQUESTS)
        except RickError as error:
            form.add_error(None, str(error))
        else:
            return redirect(address)
    return _start_page(request, project, form, HTTPStatus.UNPROCESSABLE_ENTITY)


def _start(project: Project, person: User, form: JobForm) -> str:
    """Start a job, or a sweep where a setting has several values; return the page of it."""
    if grid := form.grid():
        sweep = start_sweep(project, actor=person, grid=grid, **form.order_values())
        return reverse("sweep", args=[project.slug, sweep.pk])
    job = start_job(project, actor=person, **form.order_values())
    return reverse("job", args=[project.slug, job.pk])


def _provider_of(request: HttpRequest) -> str:
    asked = request.POST.get("provider") or request.GET.get("provider")
    if asked in provider_keys():
        return str(asked)
    ready = (key for key in provider_keys() if not missing_for(key))
    return next(ready, LOCAL)


def _query_data(request: HttpRequest, project: Project, provider: str) -> dict[str, Any]:
    """Fill the form from the address: what was asked for, else what most people take."""
    row = capabilities_here(provider)
    newest = trainable_datasets(project).first()
    usual = {
        "dataset": newest.pk if newest else "",
        "base_model": row.base_models[0].name if row.base_models else "",
        "seed": 1,
        "client_key": uuid.uuid4().hex,
    }
    point = point_of(request.GET.get("from", ""))
    settings = point_values(point, row) if point else {}
    named = {SETTING_PREFIX + name: value for name, value in settings.items()}
    return usual | request.GET.dict() | named | {"provider": provider}


def _start_page(
    request: HttpRequest,
    project: Project,
    form: JobForm,
    status: HTTPStatus,
    *,
    asked: JobForm | None = None,
) -> HttpResponse:
    """Show the form; ``asked`` is what the address asks an estimate of."""
    provider = _provider_of(request)
    estimate, job_count = _estimate(asked) if asked else (None, 0)
    context = {
        "project": project,
        "form": form,
        "provider": provider,
        "row": form.row,
        "estimate": estimate,
        "job_count": job_count,
        "refused": asked.non_field_errors() if asked and not estimate else [],
        "needs_second": bool(estimate and needs_second_person(estimate.cost_usd)),
        "missing": missing_for(provider),
        "warnings": warning_sentences(
            form.row, str(form["base_model"].value() or "") if "base_model" in form.fields else ""
        ),
        "unread": unread_dataset(asked.cleaned_data.get("dataset"), provider)
        if estimate and asked
        else None,
        "providers": [(key, capabilities_here(key).label) for key in provider_keys()],
        "has_datasets": trainable_datasets(project).exists(),
        "most_jobs": MOST_JOBS,
        "points": STARTING_POINTS,
        "point": point_of(request.GET.get("from", "")),
    }
    template = "training/jobs/start.html"
    if request.headers.get("HX-Target") == "estimate" and request.method == "GET":
        template += "#estimate"
    return render(request, template, context, status=status)


def _estimate(form: JobForm) -> tuple[Estimate | None, int]:
    """Return what the form's jobs take together, and how many they are."""
    if not form.is_valid():
        return None, 0
    try:
        orders = orders_of(form.order_values(), form.grid())
    except JobError as error:
        form.add_error(None, str(error))
        return None, 0
    return estimate_orders(orders), len(orders)


def _chosen(form: JobForm | None) -> DatasetVersion | None:
    return form.cleaned_data.get("dataset") if form and form.is_valid() else None


@login_required
@require_GET
def job(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Show one job: status, charts or the table, log, configuration and lineage."""
    found = project_job(request.user, slug, pk)
    view = request.GET.get("view", "charts")
    curves = job_curves(found)
    context = _job_context(request, found) | {
        "view": view if view in VIEWS else "charts",
        "charts": job_charts(found, curves),
        "loss_sentences": loss_sentences(curves, kept_step(found), objective=found.objective),
        "overfitting": overfitting_sentence(curves),
        "columns": [label for _, label in TABLE_COLUMNS],
        "settings": job_settings(found),
        "earlier": project_jobs(found.project).filter(pk__lt=found.pk).first(),
        "repeat": repeat_sentence(found) if found.state in FINAL_JOB_STATES else "",
        "models": ModelVersion.objects.filter(
            job=found, name=model_name(found), weights_deleted_at=None
        ).exclude(stage=ModelStage.RETIRED),
        "checkpoints": _checkpoints(found),
        "warnings": warning_sentences(capabilities_here(found.provider), found.base_model),
    }
    if context["view"] == "table":
        names = [name for name, _ in TABLE_COLUMNS]
        context["table"] = list(reversed(curves.table(names)))
    return render(request, "training/jobs/job.html", context)


def _checkpoints(found: FineTuneJob) -> list[tuple[Checkpoint, ModelVersion | None]]:
    """Return the checkpoints of a job that is over, each with its model if one was made."""
    if found.state not in FINAL_JOB_STATES:
        return []
    made = {model.name: model for model in ModelVersion.objects.filter(job=found)}
    return [(row, made.get(checkpoint_name(found, row.step))) for row in found.checkpoints.all()]


def _job_context(request: HttpRequest, found: FineTuneJob) -> dict[str, Any]:
    is_over = found.state in FINAL_JOB_STATES
    may_act = bool(project_roles(request.user, found.project) & MANAGING)
    return {
        "project": found.project,
        "job": found,
        "sentence": status_sentence(found),
        "is_over": is_over,
        "is_polled": not is_over and found.state != JobState.NEEDS_ATTENTION,
        "events": latest_events(found),
        "provider_label": capabilities_here(found.provider).label,
        "may_act": may_act,
        "retry_key": uuid.uuid4().hex,
        "may_confirm": may_act and request.user.pk != found.created_by_id,
        "may_pause": may_pause(found),
    }


@login_required
@require_GET
def job_status(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Answer the page's question how the job stands; the whole page again once it is over."""
    found = project_job(request.user, slug, pk)
    context = _job_context(request, found)
    part = "log" if request.GET.get("part") == "log" else "live"
    if part == "live":
        context["overfitting"] = overfitting_sentence(job_curves(found))
    response = render(request, f"training/jobs/job.html#{part}", context)
    if context["is_over"]:
        response["HX-Refresh"] = "true"
    return response


@login_required
@require_GET
def job_points(request: HttpRequest, slug: str, pk: int) -> JsonResponse:
    """Answer the charts of a job as they are now."""
    found = project_job(request.user, slug, pk)
    is_over = found.state in FINAL_JOB_STATES
    return JsonResponse({"charts": job_charts(found, job_curves(found)), "is_over": is_over})


@login_required
@require_POST
def job_cancel(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Ask for a job to be stopped."""
    found = project_job(request.user, slug, pk, MANAGING)
    try:
        cancel_job(found, actor=signed_in(request))
    except RickError as error:
        messages.error(request, str(error))
    return redirect("job", slug, pk)


@login_required
@require_POST
def job_retry(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Start a new job like one that is over."""
    found = project_job(request.user, slug, pk, MANAGING)
    key = request.POST.get("client_key", "").replace("\0", "")[:64] or None
    try:
        again = retry_job(found, actor=signed_in(request), client_key=key)
    except RickError as error:
        messages.error(request, str(error))
        return redirect("job", slug, pk)
    return redirect("job", slug, again.pk)
