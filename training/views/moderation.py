"""What a provider's moderation says about a dataset version, before any money is spent."""

from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from curation.access import MANAGING, signed_in
from curation.access.datasets import project_dataset
from curation.models import DatasetVersion
from curation.queries.dataset_findings import find_findings
from rickproject.lib.errors import RickError
from training.domain.moderation import CODE, STAGES, moderating_providers, request_moderation
from training.queries.moderation import runs_of

PAGE = "training/moderation/page.html"


@login_required
@require_http_methods(["GET", "POST"])
def moderation(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Show what was asked and flagged; ask a provider's moderation about every text."""
    version = project_dataset(request.user, slug, number, MANAGING)
    context = _context(request, version)
    if request.method == "POST":
        try:
            request_moderation(
                version, provider=request.POST.get("provider", ""), actor=signed_in(request)
            )
        except RickError as error:
            context["error"] = str(error)
            return render(request, PAGE, context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        return redirect("moderation", slug, number)
    return render(request, PAGE, context)


@login_required
@require_GET
def moderation_status(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Answer the page's question how far it is; once it is over, the page is loaded anew."""
    version = project_dataset(request.user, slug, number, MANAGING)
    context = _context(request, version)
    response = render(request, f"{PAGE}#runs", context)
    if not context["is_polled"]:
        response["HX-Refresh"] = "true"
    return response


def _context(request: HttpRequest, version: DatasetVersion) -> dict[str, Any]:
    runs = list(runs_of(version))
    found = find_findings(version, code=CODE, page=request.GET.get("page"))
    return {
        "project": version.project,
        "dataset": version,
        "providers": moderating_providers(),
        "runs": runs,
        "is_polled": any(run.state in (STAGES.waiting, STAGES.working) for run in runs),
        "found": found if found.chosen else None,
        "code": CODE,
    }
