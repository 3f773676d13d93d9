"""The page that puts several jobs beside each other."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from curation.access import WATCHING, member_project
from rickproject.lib.numbers import is_key
from training.queries.comparison import MOST, compare_jobs


@login_required
@require_GET
def job_compare(request: HttpRequest, slug: str) -> HttpResponse:
    """Compare the jobs that the address names."""
    project = member_project(request.user, slug, WATCHING)
    keys = {int(text) for text in request.GET.getlist("job") if is_key(text)}
    comparison = compare_jobs(project, sorted(keys))
    context = {
        "project": project,
        "comparison": comparison,
        "most": MOST,
        "has_too_many": len(keys) > MOST,
    }
    return render(request, "training/jobs/compare.html", context)
