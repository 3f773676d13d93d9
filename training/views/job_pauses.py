"""A job that rests and goes on, or waits for a second person."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from curation.access import MANAGING, signed_in
from rickproject.lib.errors import RickError
from training.access.jobs import project_job
from training.domain.job_confirmations import confirm_job
from training.domain.job_pauses import pause_job, resume_job


@login_required
@require_POST
def job_pause(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Ask for a job to stop for a while."""
    found = project_job(request.user, slug, pk, MANAGING)
    try:
        pause_job(found, actor=signed_in(request))
    except RickError as error:
        messages.error(request, str(error))
    return redirect("job", slug, pk)


@login_required
@require_POST
def job_resume(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Let a job go on that was paused."""
    found = project_job(request.user, slug, pk, MANAGING)
    try:
        resume_job(found, actor=signed_in(request))
    except RickError as error:
        messages.error(request, str(error))
    return redirect("job", slug, pk)


@login_required
@require_POST
def job_confirm(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Say yes, as a second person, to what a job costs."""
    found = project_job(request.user, slug, pk, MANAGING)
    try:
        confirm_job(found, actor=signed_in(request))
    except RickError as error:
        messages.error(request, str(error))
    return redirect("job", slug, pk)
