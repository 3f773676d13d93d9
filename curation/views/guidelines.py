"""Guidelines: read them, write them, compare and bring back revisions, see them beside the work."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from curation import access
from curation.domain.guidelines import (
    StaleGuidelinesError,
    compare_texts,
    mark_guidelines_read,
    restore_guidelines,
    save_guidelines,
)
from curation.errors import CurationError
from curation.forms.guidelines import GuidelineForm, SeenForm
from curation.models import GuidelineRevision, Project
from curation.queries.guidelines import current_guidelines, read_number
from rickproject.lib.markdown import render_markdown

SHOWN_REVISIONS = 50


@login_required
@require_safe
def guidelines(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the guidelines in force, or with ``?revision=`` an earlier one, and all revisions."""
    person = access.signed_in(request)
    project = access.member_project(person, slug, access.ANNOTATING)
    now = current_guidelines(project)
    shown = _revision(project, request.GET["revision"]) if "revision" in request.GET else now
    context = _context(person, project, now) | {
        "shown": shown,
        "html": render_markdown(shown.text) if shown else "",
        "revisions": project.guidelines.select_related("author").defer("text")[:SHOWN_REVISIONS],
        "may_manage": bool(access.project_roles(person, project) & access.MANAGING),
    }
    return render(request, "curation/guidelines/page.html", context)


@login_required
@require_safe
def guidelines_panel(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer the guidelines for the panel beside the work."""
    person = access.signed_in(request)
    project = access.member_project(person, slug, access.ANNOTATING)
    return _panel(request, person, project)


@login_required
@require_http_methods(["GET", "POST"])
def guidelines_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Write the next revision; the button Preview shows it without saving."""
    person = access.signed_in(request)
    project = access.member_project(person, slug, access.MANAGING)
    now = current_guidelines(project)
    start = {"text": now.text if now else "", "seen": now.number if now else 0}
    form = GuidelineForm(request.POST or None, initial=start)
    status, preview = HTTPStatus.OK, ""
    if form.is_valid():
        if "preview" in request.POST:
            preview = render_markdown(form.cleaned_data["text"])
        else:
            try:
                save_guidelines(project, author=person, **form.cleaned_data)
            except StaleGuidelinesError as error:
                form.add_error(None, str(error))
                status = HTTPStatus.CONFLICT
            except CurationError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, "Saved. Everybody is told that the guidelines changed.")
                return redirect("guidelines", slug=slug)
    if form.errors and status == HTTPStatus.OK:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {"project": project, "form": form, "preview": preview, "now": now}
    return render(request, "curation/guidelines/edit.html", context, status=status)


@login_required
@require_safe
def guidelines_compare(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what changed from one revision (``?old=``) to another (``?new=``)."""
    person = access.signed_in(request)
    project = access.member_project(person, slug, access.ANNOTATING)
    now = current_guidelines(project)
    if now is None:
        return redirect("guidelines", slug=slug)
    new = _revision(project, request.GET.get("new", str(now.number)))
    old_number = request.GET.get("old", str(max(1, new.number - 1)))
    old = _revision(project, old_number)
    rows = compare_texts(old.text, new.text)
    context = {"project": project, "old": old, "new": new, "rows": rows, "is_same": old == new}
    return render(request, "curation/guidelines/compare.html", context)


@login_required
@require_POST
def guidelines_restore(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Bring an earlier revision back as the newest."""
    person = access.signed_in(request)
    project = access.member_project(person, slug, access.MANAGING)
    form = SeenForm(request.POST)
    seen = form.cleaned_data["seen"] if form.is_valid() else -1
    try:
        restore_guidelines(project, number=number, seen=seen, actor=person)
    except CurationError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"Revision {number} is in force again.")
    return redirect("guidelines", slug=slug)


@login_required
@require_POST
def guidelines_read(request: HttpRequest, slug: str) -> HttpResponse:
    """Take the notice away: the person has read the revision that was on the page."""
    person = access.signed_in(request)
    project = access.member_project(person, slug, access.ANNOTATING)
    form = SeenForm(request.POST)
    if form.is_valid():
        mark_guidelines_read(project, user=person, number=form.cleaned_data["seen"])
    if getattr(request, "htmx", False):
        return _panel(request, person, project)
    return redirect("guidelines", slug=slug)


def _panel(request: HttpRequest, person: User, project: Project) -> HttpResponse:
    now = current_guidelines(project)
    context = _context(person, project, now) | {"html": render_markdown(now.text) if now else ""}
    return render(request, "curation/guidelines/panel.html", context)


def _context(person: User, project: Project, now: GuidelineRevision | None) -> dict[str, Any]:
    """Return what page and panel share: the revision in force, and whether it is news."""
    known = read_number(project, person.pk)
    return {
        "project": project,
        "now": now,
        "known": known,
        "is_news": bool(now and now.number > known),
    }


def _revision(project: Project, number: str) -> GuidelineRevision:
    if not number.isascii() or not number.isdigit() or len(number) > 9:
        msg = "There is no such revision."
        raise Http404(msg)
    found = GuidelineRevision.objects.select_related("author")
    return get_object_or_404(found, project=project, number=int(number))
