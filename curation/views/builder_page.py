"""What the dialogue builder shows: a scene, one dialogue or a choice of rows, and its record."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from curation.access import REVIEWING, project_roles, signed_in
from curation.domain.dialogue_preview import RecordView, preview_record, recipe_in_use
from curation.domain.dialogue_shape import Member, fresh_members
from curation.domain.dialogue_undo import step_words
from curation.domain.proposals import SceneProposals, Wish, propose_for_scene
from curation.enums import DialogueState, WorkKind
from curation.forms.dialogues import KeyForm, RowsForm, WishForm
from curation.models import Boundary, Dialogue, Project
from curation.queries.builder_rows import builder_rows, scene_dialogues, scene_place
from curation.queries.dialogue_members import members_of
from curation.queries.scene_lines import agreed_scenes, scene_at, scene_utterances
from curation.queries.threads import count_open_threads
from rickproject.lib.tokens import DEFAULT_TOKENIZER, available_tokenizers

from .work_places import place_card

CONFLICT_DIALOG = (("builder-conflict", "Keep both, mine on top"),)
EDITABLE = (DialogueState.DRAFT, DialogueState.RETURNED)


@dataclass(frozen=True)
class BuilderPage:
    """What one look at the builder is about."""

    project: Project
    scene: Boundary
    dialogue: Dialogue | None = None


def kept_wish(request: HttpRequest, project: Project) -> tuple[WishForm, Wish | None]:
    """Return the form and the wish in the address, else the one this person used last here."""
    name = f"builder-{project.pk}"
    kept = request.session.get(name, {})
    form = WishForm(request.GET, project_id=project.pk, slug=project.slug, kept=kept)
    if not form.is_valid():
        form = WishForm({}, project_id=project.pk, slug=project.slug, kept={})
        if not form.is_valid():
            return form, None
    values = form.cleaned_data
    now = {**values, "target": values["target"].pk}
    if now != kept and any(key in request.GET for key in form.fields):
        request.session[name] = now
    recipe = recipe_in_use(values["target"], tokenizer=values["tokenizer"])
    wish = Wish(values["target"], values["budget"], values["cost"], recipe)
    return form, wish


def client_key_of(request: HttpRequest) -> str:
    """Return the key that the page gave this request; empty where there is none."""
    form = KeyForm(request.POST)
    return form.cleaned_data["client_key"] if form.is_valid() else ""


def view_of(request: HttpRequest, dialogue: Dialogue) -> RecordView:
    """Return how this person looks at the record of a dialogue."""
    kept = request.session.get(f"builder-{dialogue.project_id}", {})
    tokenizer = kept.get("tokenizer", DEFAULT_TOKENIZER)
    if tokenizer not in available_tokenizers(dialogue.project.slug):
        tokenizer = DEFAULT_TOKENIZER
    recipe = recipe_in_use(dialogue.target_character, tokenizer=tokenizer)
    return RecordView(recipe, kept.get("budget", Wish(dialogue.target_character).budget))


def scene_now(dialogue: Dialogue) -> Boundary:
    """Return the scene a dialogue lies in by now: its own, or the one that took its place."""
    first = dialogue.members.select_related("utterance").order_by("utterance__position").first()
    found = scene_at(first.utterance) if first else None
    if found is None or found.pk == dialogue.scene_id:
        return dialogue.scene
    return agreed_scenes(dialogue.project_id).get(pk=found.pk)


def show_builder(
    request: HttpRequest, page: BuilderPage, *, error: str = "", status: int = 200
) -> HttpResponse:
    """Answer with the builder: whole, or its part where the page's script asks."""
    context = _context(request, page) | {"error": error}
    is_part = bool(getattr(request, "htmx", False))
    if not is_part:
        episode, kinds = page.scene.utterance.episode, (WorkKind.DIALOGUES,)
        context["work_place"] = place_card(signed_in(request), episode, kinds)
    name = "curation/dialogues/builder.html" + ("#builder" if is_part else "")
    return render(request, name, context, status=status)


def _context(request: HttpRequest, page: BuilderPage) -> dict[str, Any]:
    form, wish = kept_wish(request, page.project)
    dialogue, scene = page.dialogue, page.scene
    context: dict[str, Any] = {
        "project": page.project,
        "scene": scene,
        "episode": scene.utterance.episode,
        "place": scene_place(scene),
        "wish_form": form,
        "dialogue": dialogue,
        "dialogs": CONFLICT_DIALOG,
        "client_key": uuid.uuid4().hex,
        "open_threads": count_open_threads(dialogue) if dialogue else 0,
        "may_review": bool(dialogue and project_roles(request.user, page.project) & REVIEWING),
    }
    if wish is None:
        return context
    target = dialogue.target_character if dialogue else wish.target
    utterances = list(scene_utterances(scene))
    rows = list(members_of(dialogue)) if dialogue else []
    chosen = _chosen_rows(request, utterances) if not dialogue else None
    dialogues = scene_dialogues(utterances, target)
    members = [Member(row.utterance, row.is_dropped, row.training_text) for row in rows]
    if chosen:
        members = fresh_members(u for u in utterances if chosen[0] <= u.position + 1 <= chosen[1])
    view = RecordView(recipe_in_use(target, tokenizer=wish.recipe.tokenizer), wish.budget)
    proposed = _proposed(request, scene, wish) if not dialogue else None
    proposals = proposed.proposals if proposed else ()
    undo, redo = step_words(dialogue, person_id=request.user.pk) if dialogue else ("", "")
    preview = None
    if members:
        preview = preview_record(members, scene=scene, target=target, view=view, dialogue=dialogue)
    return context | {
        "wish": wish,
        "target": target,
        "dialogues": dialogues,
        "chosen": chosen,
        "rows": builder_rows(
            utterances,
            target=target,
            members=rows,
            chosen=chosen,
            dialogues=dialogues,
            dialogue=dialogue,
            proposed=[(p.first.position + 1, p.last.position + 1) for p in proposals],
        ),
        "preview": preview,
        "is_editable": dialogue is not None and dialogue.state in EDITABLE,
        "undo_words": undo,
        "redo_words": redo,
        "span": (rows[0].utterance.position + 1, rows[-1].utterance.position + 1) if rows else None,
        "last_review": dialogue.reviews.select_related("reviewer").first() if dialogue else None,
        "proposed": proposed,
    }


def _chosen_rows(request: HttpRequest, utterances: list[Any]) -> tuple[int, int] | None:
    """Return the rows in the address, if they are of this scene."""
    form = RowsForm(request.GET)
    if not form.is_valid() or not utterances:
        return None
    first, last = sorted((form.cleaned_data["first"], form.cleaned_data["last"]))
    low, high = utterances[0].position + 1, utterances[-1].position + 1
    return (max(first, low), min(last, high)) if first <= high and last >= low else None


def _proposed(request: HttpRequest, scene: Boundary, wish: Wish) -> SceneProposals | None:
    return propose_for_scene(scene, wish) if "propose" in request.GET else None
