"""Dataset versions: the list, the form, one version, its exports."""

import uuid
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from curation.access import MANAGING, REVIEWING, member_project, project_roles, signed_in
from curation.access.datasets import export_file as accessible_file
from curation.access.datasets import project_dataset
from curation.domain.datasets import request_dataset
from curation.domain.exports import exports_folder, request_export
from curation.domain.findings import accept_finding
from curation.domain.source_records import sample_of_recipe
from curation.enums import DatasetState, DialogueState, ExportFormat, ExportState
from curation.errors import CurationError
from curation.forms.datasets import BuildForm
from curation.models import DatasetVersion, Dialogue
from curation.queries.dataset_changes import compare_versions, earlier_versions
from curation.queries.dataset_findings import find_findings
from curation.queries.dataset_statistics import dataset_statistics, sample_records
from rickproject.lib.downloads import send_file
from rickproject.lib.errors import RickError
from rickproject.lib.numbers import is_key

PAGE_LENGTH = 25
BUILT_STATES = {DatasetState.WAITING, DatasetState.APPROVED, DatasetState.RETURNED}


@login_required
@require_GET
def datasets(request: HttpRequest, slug: str) -> HttpResponse:
    """List a project's versions, the newest first."""
    project = member_project(request.user, slug, REVIEWING)
    rows = DatasetVersion.objects.filter(project=project).select_related(
        "target_character", "created_by"
    )
    approved = Dialogue.objects.filter(project=project, state=DialogueState.APPROVED).count()
    context = {
        "project": project,
        "page_obj": Paginator(rows, PAGE_LENGTH).get_page(request.GET.get("page")),
        "approved_count": approved,
        "may_build": bool(project_roles(request.user, project) & MANAGING),
    }
    return render(request, "curation/datasets/list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def dataset_build(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for a new version."""
    project = member_project(request.user, slug, MANAGING)
    form = BuildForm(
        request.POST or None, project=project, initial={"client_key": uuid.uuid4().hex}
    )
    if form.is_valid():
        try:
            values = form.request_values()
            dataset = request_dataset(project, actor=signed_in(request), **values)
        except CurationError as error:
            form.add_error(None, str(error))
        else:
            return redirect("dataset", slug, dataset.number)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context = {"project": project, "form": form}
    return render(request, "curation/datasets/build.html", context, status=status)


@login_required
@require_POST
def recipe_preview(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what a recipe makes of one approved dialogue; nothing is written."""
    project = member_project(request.user, slug, MANAGING)
    form = BuildForm(request.POST, project=project)
    asked = request.POST.get("sample", "1")
    sample = None
    if form.is_valid():
        recipe, target = form.recipe(), form.cleaned_data["target"]
        sample = sample_of_recipe(target, recipe, number=int(asked) if is_key(asked) else 1)
    context = {"project": project, "form": form, "sample": sample}
    return render(request, "curation/datasets/build.html#preview", context)


@login_required
@require_GET
def dataset(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Show one version: state, checks, statistics, samples, exports."""
    version = project_dataset(request.user, slug, number)
    sample = request.GET.get("sample", "1")
    seed = int(sample) if is_key(sample) else 1
    is_built = version.state in BUILT_STATES
    context = {
        "project": version.project,
        "dataset": version,
        "is_built": is_built,
        "found": find_findings(
            version, code=request.GET.get("check", ""), page=request.GET.get("page")
        ),
        "statistics": dataset_statistics(version) if is_built else None,
        "samples": sample_records(version, seed=seed) if is_built else [],
        "next_sample": seed + 1,
        **_exports(version),
        "formats": ExportFormat.choices,
        "may_export": bool(project_roles(request.user, version.project) & MANAGING),
        "splits": [
            ("train", version.train_count, "accent"),
            ("validation", version.validation_count, "amber"),
        ],
    }
    return render(request, "curation/datasets/detail.html", context)


@login_required
@require_GET
def dataset_changes(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Show what a version has that an earlier one has not, and the other way round."""
    version = project_dataset(request.user, slug, number)
    earlier = earlier_versions(version) if version.state in BUILT_STATES else []
    asked = request.GET.get("since", "")
    chosen = next((old for old in earlier if str(old.number) == asked), None)
    old = chosen or next(iter(earlier), None)
    page = request.GET.get("page")
    context = {
        "project": version.project,
        "dataset": version,
        "earlier": earlier,
        "changes": compare_versions(old, version, page=page) if old else None,
    }
    return render(request, "curation/datasets/changes.html", context)


@login_required
@require_GET
def dataset_progress(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Answer the page's question whether the build or an export has moved on."""
    version = project_dataset(request.user, slug, number)
    busy = version.state in {DatasetState.QUEUED, DatasetState.BUILDING}
    if request.GET.get("was") == "busy" and not busy:
        response = HttpResponse()
        response["HX-Refresh"] = "true"
        return response
    context = {
        "project": version.project,
        "dataset": version,
        "may_export": bool(project_roles(request.user, version.project) & MANAGING),
        **_exports(version),
    }
    part = "building" if busy else "exports"
    return render(request, f"curation/datasets/detail.html#{part}", context)


def _exports(version: DatasetVersion) -> dict[str, Any]:
    exports = list(version.exports.prefetch_related("files"))
    working = {ExportState.QUEUED, ExportState.RUNNING}
    return {"exports": exports, "are_written": any(made.state in working for made in exports)}


@login_required
@require_POST
def finding_accept(request: HttpRequest, slug: str, number: int, pk: int) -> HttpResponse:
    """Let a warning stand, for a reason."""
    version = project_dataset(request.user, slug, number)
    reason = request.POST.get("reason", "")
    try:
        accept_finding(version, pk, actor=signed_in(request), reason=reason)
    except RickError as error:
        messages.error(request, str(error))
    return redirect(f"{reverse('dataset', args=[slug, number])}#checks")


@login_required
@require_POST
def export_start(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Ask for the files of an approved version in one format."""
    version = project_dataset(request.user, slug, number, MANAGING)
    wanted = request.POST.get("format", ExportFormat.OPENAI_CHAT.value)
    if wanted not in ExportFormat.values:
        messages.error(request, "There is no such format; choose one of the page’s.")
        return redirect("dataset", slug, number)
    try:
        request_export(version, actor=signed_in(request), file_format=ExportFormat(wanted))
    except CurationError as error:
        messages.error(request, str(error))
    return redirect("dataset", slug, number)


@login_required
@require_GET
def export_file(request: HttpRequest, slug: str, number: int, pk: int) -> HttpResponseBase:
    """Send one file of an export, or the part of it that a cut download lacks."""
    file = accessible_file(request.user, slug, number, pk)
    path = exports_folder() / file.stored_path
    if not path.exists():
        msg = "The file is gone from the disk; export the version again."
        raise Http404(msg)
    belongs_together = file.export.file_format == ExportFormat.HUGGING_FACE  # one file names others
    name = file.name if belongs_together else f"{slug}-dataset-{number}-{file.name}"
    return send_file(request, path, name=name, sha256=file.sha256)
