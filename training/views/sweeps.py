"""Sweeps: their jobs beside each other, and stopping them."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from curation.access import MANAGING, WATCHING, project_roles, signed_in
from rickproject.lib.errors import RickError
from rickproject.lib.numbers import counted
from training.access.jobs import project_sweep as accessible_sweep
from training.domain.sweeps import cancel_sweep, confirm_sweep
from training.queries.sweeps import project_sweep


@login_required
@require_GET
def sweep(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Show the jobs of a sweep, the best first; the page's script asks for its part again."""
    found = accessible_sweep(request.user, slug, pk, WATCHING)
    may_act = bool(project_roles(request.user, found.project) & MANAGING)
    context = {
        "project": found.project,
        "view": project_sweep(found),
        "may_act": may_act,
        "may_confirm": may_act and request.user.pk != found.created_by_id,
    }
    part = "#runs" if getattr(request, "htmx", False) else ""
    return render(request, f"training/jobs/sweep.html{part}", context)


@login_required
@require_POST
def sweep_confirm(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Confirm all jobs of a sweep that wait for a second manager."""
    return _act(request, slug, pk, confirm_sweep, "started")


@login_required
@require_POST
def sweep_cancel(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Ask for all jobs of a sweep to be stopped."""
    return _act(request, slug, pk, cancel_sweep, "asked to stop")


def _act(
    request: HttpRequest, slug: str, pk: int, act: Callable[..., int], done: str
) -> HttpResponse:
    found = accessible_sweep(request.user, slug, pk, MANAGING)
    try:
        count = act(found, actor=signed_in(request))
    except RickError as error:
        messages.error(request, str(error))
    else:
        messages.info(request, f"{counted(count, 'job')} {done}.")
    return redirect("sweep", slug, pk)
