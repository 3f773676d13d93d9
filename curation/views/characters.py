"""Characters: which ones are learnt, and whose other name one is."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from curation.access import MANAGING, signed_in
from curation.access.scripts import project_script, script_character
from curation.domain.characters import mark_target, set_alias, undo_character_step
from curation.domain.joint_speakers import set_members
from curation.errors import CurationError
from curation.forms.scripts import AliasForm, MembersForm, TargetForm
from curation.models import Activity


@login_required
@require_POST
def character_target(request: HttpRequest, slug: str, pk: int, character: int) -> HttpResponse:
    """Make a character a target, or an ordinary one again."""
    script, found = script_character(request.user, slug, pk, character)
    form = TargetForm(request.POST)
    if form.is_valid():
        try:
            mark_target(found, user=signed_in(request), is_target=form.cleaned_data["is_target"])
        except CurationError as error:
            messages.error(request, str(error))
        else:
            if request.headers.get("HX-Request"):
                context = {
                    "project": script.project,
                    "script": script,
                    "character": found,
                    "may_import": True,
                }
                return render(request, "curation/scripts/_character.html", context)
    return _back(request, script.project.slug, script.pk)


@login_required
@require_POST
def character_alias(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Say that a character is another name of another one, or of nobody."""
    script = project_script(request.user, slug, pk, MANAGING)
    form = AliasForm(request.POST, project=script.project)
    if form.is_valid():
        values = form.cleaned_data
        try:
            set_alias(values["character"], user=signed_in(request), alias_of=values["alias_of"])
        except CurationError as error:
            messages.error(request, str(error))
        else:
            whose = values["alias_of"].name if values["alias_of"] else "nobody"
            name = values["character"].name
            messages.success(request, f"{name} is now another name of {whose}.")
    else:
        messages.error(request, "Choose two characters of this project.")
    return _back(request, script.project.slug, script.pk)


@login_required
@require_POST
def character_members(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Say who speaks together under a name."""
    script = project_script(request.user, slug, pk, MANAGING)
    form = MembersForm(request.POST, project=script.project)
    if form.is_valid():
        joint, members = form.cleaned_data["joint"], list(form.cleaned_data["members"])
        try:
            set_members(joint, user=signed_in(request), members=members)
        except CurationError as error:
            messages.error(request, str(error))
        else:
            who = " and ".join(one.name for one in members) or "nobody else"
            messages.success(request, f"{joint.name} is now spoken by {who}.")
    else:
        messages.error(request, "Choose characters of this project.")
    return _back(request, script.project.slug, script.pk)


@login_required
@require_POST
def character_undo(request: HttpRequest, slug: str, pk: int, step: int) -> HttpResponse:
    """Undo one merge or split of characters."""
    script = project_script(request.user, slug, pk, MANAGING)
    found = get_object_or_404(Activity, project=script.project, pk=step)
    try:
        undo_character_step(found, user=signed_in(request))
    except CurationError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{found.target_label} is as before that step.")
    return _back(request, script.project.slug, script.pk)


def _back(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    address = reverse("script", args=[slug, pk]) + "#characters"
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=HTTPStatus.NO_CONTENT)
        response["HX-Refresh"] = "true"
        return response
    return redirect(address)
