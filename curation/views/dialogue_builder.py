"""The dialogue builder: dialogues of one scene, made and changed beside their training record."""

from http import HTTPStatus
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect, push_url

from curation.access.dialogues import agreed_scene, project_dialogue
from curation.domain.dialogue_creation import create_dialogue
from curation.domain.dialogue_edits import read_members
from curation.domain.dialogue_preview import RecordView, preview_record, recipe_in_use
from curation.domain.dialogue_shape import (
    Member,
    clean_text,
    fresh_members,
)
from curation.domain.proposals import accept_proposals
from curation.enums import DialogueState
from curation.errors import CurationError, StaleRevisionError
from curation.forms.dialogues import ChangeForm, ChoiceForm, PreviewForm
from curation.forms.undo import undo_tag
from curation.models import Character, Dialogue
from curation.queries.builder_rows import next_to_do
from curation.queries.scene_lines import scene_utterances
from rickproject.lib.errors import RickError

from .builder_changes import CHANGES, row_of
from .builder_page import BuilderPage, client_key_of, kept_wish, scene_now, show_builder, view_of


@require_GET
@login_required
def scene_dialogues(request: HttpRequest, slug: str, episode: int, scene: int) -> HttpResponse:
    """Show a scene to make dialogues of; the address may carry rows and a wish to propose."""
    project, found = agreed_scene(request.user, slug, episode, scene)
    return show_builder(request, BuilderPage(project, found))


@require_GET
@login_required
def dialogue(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Show one dialogue in its scene, beside its training record."""
    found = project_dialogue(request.user, slug, pk)
    return show_builder(request, BuilderPage(found.project, scene_now(found), found))


@require_POST
@login_required
def dialogue_create(request: HttpRequest, slug: str, episode: int, scene: int) -> HttpResponse:
    """Make a dialogue of the rows chosen."""
    project, found = agreed_scene(request.user, slug, episode, scene)
    form = ChoiceForm(request.POST)
    page = BuilderPage(project, found)
    if not form.is_valid():
        return show_builder(request, page, error="Choose rows first.", status=422)
    values = form.cleaned_data
    target = Character.objects.filter(project=project, pk=values["target"]).first()
    first, last = (row_of(found, values[name]) for name in ("first", "last"))
    if target is None or first is None or last is None:
        return show_builder(request, page, error="Choose rows of this scene.", status=422)
    try:
        made = create_dialogue(
            found,
            target=target,
            actor=cast("User", request.user),
            first=first,
            last=last,
            client_key=values["client_key"],
            dropped=values["dropped"] or None,
            is_proposed=bool(values["dropped"]) or "proposed" in request.POST,
        )
    except CurationError as error:
        return show_builder(request, page, error=str(error), status=_status_of(error))
    return _show_dialogue(request, made, f"Dialogue {made.pk} is a draft now.")


@require_POST
@login_required
def scene_accept(request: HttpRequest, slug: str, episode: int, scene: int) -> HttpResponse:
    """Make drafts of all that is proposed for a scene."""
    project, found = agreed_scene(request.user, slug, episode, scene)
    _, wish = kept_wish(request, project)
    if wish is not None:
        try:
            accepted = accept_proposals(
                [found],
                wish=wish,
                actor=cast("User", request.user),
                client_key=client_key_of(request),
            )
        except RickError as error:
            return show_builder(request, BuilderPage(project, found), error=str(error), status=422)
        tag = undo_tag("made", [one.pk for one in accepted.dialogues])
        messages.success(request, accepted.words, extra_tags=tag)
        if accepted.dialogues:
            return redirect("dialogue", slug=slug, pk=accepted.dialogues[0].pk)
    return redirect("scene_dialogues", slug=slug, episode=episode, scene=scene)


@require_POST
@login_required
def dialogue_change(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Change one dialogue: its range, rows, texts, or where it is in the team's work."""
    found = project_dialogue(request.user, slug, pk)
    form = ChangeForm(request.POST)
    if not form.is_valid():
        words = str(form.errors.get("text", ["This was not understood."])[0])
        page = BuilderPage(found.project, scene_now(found), found)
        return show_builder(request, page, error=words, status=422)
    action, before = form.cleaned_data["action"], found.state
    try:
        changed = CHANGES[action](found, cast("User", request.user), form.cleaned_data)
    except CurationError as error:
        found = project_dialogue(request.user, slug, pk)
        page = BuilderPage(found.project, scene_now(found), found)
        return show_builder(request, page, error=str(error), status=_status_of(error))
    if action == "submit":
        return _show_next(request, changed)
    return _show_dialogue(request, changed, _words(action, before, changed))


@require_POST
@login_required
def dialogue_preview(request: HttpRequest, slug: str, episode: int, scene: int) -> JsonResponse:
    """Answer the record of rows, or of a dialogue with one line edited; nothing is written."""
    project, found = agreed_scene(request.user, slug, episode, scene)
    form = PreviewForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"error": "This text cannot be shown."}, status=422)
    values = form.cleaned_data
    try:
        if values["dialogue"]:
            own = project_dialogue(request.user, slug, values["dialogue"])
            members = _with_edit(read_members(own), values)
            target, view = own.target_character, view_of(request, own)
        else:
            own = None
            _, wish = kept_wish(request, project)
            if wish is None or not values["first"] or not values["last"]:
                return JsonResponse({"error": "Choose rows first."}, status=422)
            target = wish.target
            recipe = recipe_in_use(target, tokenizer=wish.recipe.tokenizer)
            members, view = _chosen(found, values), RecordView(recipe, wish.budget)
        preview = preview_record(members, scene=found, target=target, view=view, dialogue=own)
    except RickError as error:
        return JsonResponse({"error": str(error)}, status=422)
    return JsonResponse(preview.as_json())


def _chosen(scene: Any, values: dict[str, Any]) -> list[Member]:
    first, last = sorted((values["first"], values["last"]))
    rows = scene_utterances(scene).filter(position__gte=first - 1, position__lt=last)
    return fresh_members(rows)


def _with_edit(members: list[Member], values: dict[str, Any]) -> list[Member]:
    return [
        Member(m.utterance, m.is_dropped, clean_text(values["text"], m.utterance))
        if m.utterance.pk == values["utterance"]
        else m
        for m in members
    ]


def _words(action: str, before: str, dialogue: Dialogue) -> str:
    """Say what happened where the page alone does not."""
    if action == "undo" and before == DialogueState.SUBMITTED:
        return "The submission is taken back."
    if action in {"undo", "redo"} and dialogue.state == DialogueState.REMOVED:
        return "The dialogue is taken away; its rows are free. Redo or undo brings it back."
    if action == "redo" and dialogue.state == DialogueState.SUBMITTED:
        return "It is submitted again."
    if before in {DialogueState.SUBMITTED, DialogueState.APPROVED} and action != "remove":
        word = "approval" if before == DialogueState.APPROVED else "submission"
        if dialogue.state == DialogueState.DRAFT:
            return f"It changed, so it lost its {word}: it is a draft again. Submit it anew."
    words = {
        "remove": "The dialogue is removed; its rows are free again.",
        "restore": "The dialogue is back, as a draft.",
        "revert": "The earlier content is back.",
    }
    return words.get(action, "")


def _show_dialogue(request: HttpRequest, dialogue: Dialogue, words: str) -> HttpResponse:
    if words:
        messages.info(request, words)
    address = reverse("dialogue", args=[dialogue.project.slug, dialogue.pk])
    if not getattr(request, "htmx", False):
        return redirect(address)
    found = project_dialogue(request.user, dialogue.project.slug, dialogue.pk)
    page = BuilderPage(found.project, scene_now(found), found)
    return push_url(show_builder(request, page), address)


def _show_next(request: HttpRequest, dialogue: Dialogue) -> HttpResponse:
    slug = dialogue.project.slug
    following = next_to_do(dialogue)
    if following:
        messages.success(
            request,
            f"Dialogue {dialogue.pk} is submitted. Here is the next one.",
            extra_tags=undo_tag("submitted", [dialogue.pk]),
        )
        address = reverse("dialogue", args=[slug, following.pk])
    else:
        messages.success(
            request,
            f"Dialogue {dialogue.pk} is submitted. No drafts are left.",
            extra_tags=undo_tag("submitted", [dialogue.pk]),
        )
        address = reverse("dialogues", args=[slug])
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)  # type: ignore[attr-defined]


def _status_of(error: CurationError) -> HTTPStatus:
    stale = isinstance(error, StaleRevisionError)
    return HTTPStatus.CONFLICT if stale else HTTPStatus.UNPROCESSABLE_ENTITY
