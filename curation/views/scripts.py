"""Scripts: the list, the upload, one script at every step of its way in."""

import uuid
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from curation.access import ANNOTATING, MANAGING, member_project, project_roles, signed_in
from curation.access.scripts import project_script
from curation.domain import imports
from curation.domain.characters import MERGING_VERBS
from curation.enums import ScriptState
from curation.errors import CurationError
from curation.forms.scripts import (
    AliasForm,
    MappingForm,
    MembersForm,
    RepairForm,
    ScriptFilterForm,
    UploadForm,
)
from curation.models import Project, Script
from curation.queries.scripts import (
    BUSY_STATES,
    CURRENT_STATES,
    episode_lines,
    import_progress,
    merging_steps,
    missing_rows_by_episode,
    project_characters,
    project_scripts,
    script_episodes,
    script_revisions,
)
from rickproject.config import get_config
from rickproject.lib.errors import RickError
from rickproject.lib.limits import LimitReachedError, LimitsUnavailableError, give_back, spend
from rickproject.lib.numbers import is_key
from rickproject.uploads import too_large

PAGE_LENGTH = 25
SHOWN_PROBLEMS = 100
EPISODES_PER_PAGE = 50
SHOWN_CHARACTERS = 100
LINES_PER_PAGE = 500
SHOWN_STEPS = 5
HOUR_SECONDS = 3600
TRIES_FOR_AN_IMPORT = 5  # a file that is refused is no import, yet costs something
REFUSAL_STATUS: dict[type | None, HTTPStatus] = {
    imports.FileTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    imports.StorageFullError: HTTPStatus.INSUFFICIENT_STORAGE,
    LimitReachedError: HTTPStatus.TOO_MANY_REQUESTS,
    LimitsUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
}


@login_required
@require_GET
def scripts(request: HttpRequest, slug: str) -> HttpResponse:
    """List a project's scripts, the newest first."""
    project = member_project(request.user, slug, ANNOTATING)
    form = ScriptFilterForm(request.GET)
    state = form.cleaned_data["state"] if form.is_valid() else ""
    rows = Paginator(project_scripts(project, state=state), PAGE_LENGTH)
    context = {
        "project": project,
        "form": form,
        "state": state,
        "page": rows.get_page(request.GET.get("page")),
        "may_import": bool(project_roles(request.user, project) & MANAGING),
    }
    return render(request, "curation/scripts/list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def script_upload(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a script file."""
    project = member_project(request.user, slug, MANAGING)
    if request.method == "GET":
        replaced = request.GET.get("replaces", "")
        known = project_scripts(project, state=ScriptState.IMPORTED)
        corrected = known.filter(pk=replaced).first() if is_key(replaced) else None
        initial = {"client_key": uuid.uuid4().hex, "replaces": corrected}
        form = UploadForm(project=project, initial=initial)
        context = {"project": project, "form": form, "corrected": corrected}
        return render(request, "curation/scripts/upload.html", context)
    form = UploadForm(request.POST, request.FILES, project=project)
    refusal: RickError | None = None
    if too_large(int(request.META.get("CONTENT_LENGTH") or 0)):
        limit = get_config().upload_limit_mb
        refusal = imports.FileTooLargeError(f"The file is over {limit} MB, the limit here.")
    elif form.is_valid():
        try:
            script = _receive(project, form, user=signed_in(request))
        except RickError as error:
            refusal = error
        else:
            return redirect("script", slug, script.pk)
    return _upload_refused(request, project, form, refusal)


def _receive(project: Project, form: UploadForm, *, user: User) -> Script:
    limit = get_config().imports_per_hour
    tries = limit * TRIES_FOR_AN_IMPORT
    spend("upload", user.pk, limit=tries, seconds=HOUR_SECONDS, what="upload a file")
    spent = spend("import", user.pk, limit=limit, seconds=HOUR_SECONDS, what="import a script")
    file = form.cleaned_data["file"]
    try:
        return imports.receive_script(
            project,
            user=user,
            file_name=file.name,
            content=file.chunks(),
            title=form.cleaned_data["title"],
            replaces=form.cleaned_data["replaces"],
            client_key=form.cleaned_data["client_key"],
        )
    except RickError:
        give_back(spent)  # a refused file is no import
        raise


def _upload_refused(
    request: HttpRequest, project: Project, form: UploadForm, refusal: RickError | None
) -> HttpResponse:
    if refusal is not None:
        form.errors.pop("file", None)
        form.add_error("file", str(refusal))
    context = {
        "project": project,
        "form": form,
        "corrected": getattr(form, "cleaned_data", {}).get("replaces"),
        "existing": getattr(refusal, "existing", None),
    }
    status = REFUSAL_STATUS.get(type(refusal), HTTPStatus.UNPROCESSABLE_ENTITY)
    page = render(request, "curation/scripts/upload.html", context, status=status)
    if isinstance(refusal, LimitReachedError):
        page["Retry-After"] = str(refusal.retry_after_seconds)
    return page


@login_required
@require_GET
def script(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Show one script: its progress, its dry run, what was refused, or what is in it."""
    found = project_script(request.user, slug, pk)
    return _script_page(request, found)


def _script_page(request: HttpRequest, found: Script) -> HttpResponse:
    may_import = bool(project_roles(request.user, found.project) & MANAGING)
    context = {
        "project": found.project,
        "script": found,
        "may_import": may_import,
        "is_busy": found.state in BUSY_STATES,
        "progress": import_progress(found, now=timezone.now()),
        "replacement": found.replaced_by.filter(state__in=CURRENT_STATES).first(),
        "revisions": script_revisions(found),
    }
    if found.state == ScriptState.REPLACED:
        context["old_episodes"] = script_episodes(found)
    elif found.state == ScriptState.IMPORTED:
        context |= _contents(request, found, may_import=may_import)
    else:
        problems = found.problems.all()
        context |= {
            "problems": problems[:SHOWN_PROBLEMS],
            "totals": found.preview.get("totals", {}),
            "shown_problems": SHOWN_PROBLEMS,
        }
    return render(request, "curation/scripts/script.html", context)


def _contents(request: HttpRequest, found: Script, *, may_import: bool) -> dict[str, object]:
    missing = missing_rows_by_episode(found)
    page = Paginator(script_episodes(found), EPISODES_PER_PAGE).get_page(request.GET.get("page"))
    characters = project_characters(found.project)
    shown = list(characters[:SHOWN_CHARACTERS])
    return {
        "page": page,
        "episodes": [(episode, missing.get(episode.code, 0)) for episode in page.object_list],
        "characters": shown,
        "character_total": characters.count() if len(shown) == SHOWN_CHARACTERS else len(shown),
        "has_target": any(character.is_target for character in shown),
        "alias_form": AliasForm(project=found.project) if may_import else None,
        "members_form": MembersForm(project=found.project) if may_import else None,
        "merging_steps": merging_steps(found.project, verbs=MERGING_VERBS, most=SHOWN_STEPS)
        if may_import
        else [],
    }


@login_required
@require_GET
def script_text(request: HttpRequest, slug: str, pk: int, episode: int) -> HttpResponse:
    """Show one episode of a script as it was imported, an old revision's too; nothing to edit."""
    found = project_script(request.user, slug, pk)
    shown = get_object_or_404(script_episodes(found), pk=episode)
    page = Paginator(episode_lines(shown), LINES_PER_PAGE).get_page(request.GET.get("page"))
    context = {"project": found.project, "script": found, "episode": shown, "page": page}
    return render(request, "curation/scripts/text.html", context)


@login_required
@require_GET
def script_progress(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Answer the page's question how far the work is; a finished one reloads the page."""
    found = project_script(request.user, slug, pk)
    if found.state not in BUSY_STATES:
        response = HttpResponse()
        response["HX-Refresh"] = "true"
        return response
    context = {
        "project": found.project,
        "script": found,
        "is_busy": True,
        "progress": import_progress(found, now=timezone.now()),
        "may_import": bool(project_roles(request.user, found.project) & MANAGING),
    }
    return render(request, "curation/scripts/script.html#working", context)


@login_required
@require_http_methods(["GET", "POST"])
def script_mapping(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Let a manager say which column holds what, beside the file's first rows."""
    found = project_script(request.user, slug, pk, MANAGING)
    is_table = found.preview.get("is_table", True)
    if not is_table or found.state not in {ScriptState.NEEDS_MAPPING, ScriptState.CHECKED}:
        return redirect("script", slug, pk)
    form = MappingForm(request.POST or None, script=found)
    if form.is_valid():
        try:
            imports.set_column_mapping(found, user=signed_in(request), mapping=form.cleaned_data)
        except CurationError as error:
            form.add_error(None, str(error))
        else:
            return redirect("script", slug, pk)
    context = {
        "project": found.project,
        "script": found,
        "form": form,
        "problems": found.problems.filter(severity="error")[:SHOWN_PROBLEMS],
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "curation/scripts/mapping.html", context, status=status)


@login_required
@require_POST
def script_repair(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Have text once read in the wrong encoding repaired, or left as it is."""
    found = project_script(request.user, slug, pk, MANAGING)
    form = RepairForm(request.POST)
    if form.is_valid():
        try:
            imports.set_text_repair(found, user=signed_in(request), **form.cleaned_data)
        except CurationError as error:
            messages.error(request, str(error))
    return redirect("script", slug, pk)


@login_required
@require_POST
def script_confirm(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Have a checked script written."""
    found = project_script(request.user, slug, pk, MANAGING)
    try:
        imports.confirm_import(found, user=signed_in(request))
    except CurationError as error:
        messages.error(request, str(error))
    return redirect("script", slug, pk)


@login_required
@require_POST
def script_discard(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Stop a script's way in and remove all of it."""
    found = project_script(request.user, slug, pk, MANAGING)
    try:
        imports.discard_script(found, user=signed_in(request))
    except CurationError as error:
        messages.error(request, str(error))
        return redirect("script", slug, pk)
    messages.success(request, f"“{found.title}” is discarded; nothing of it stays.")
    return redirect("scripts", slug)
