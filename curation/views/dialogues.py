"""The list of dialogues, proposals for many scenes, and the history of one dialogue."""

import uuid
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from curation.access import ANNOTATING, member_project
from curation.access.dialogues import project_dialogue
from curation.domain.dialogue_compare import compare_revisions
from curation.domain.dialogue_history import members_at
from curation.domain.dialogues import BulkOutcome, submit_dialogues
from curation.domain.proposals import (
    Wish,
    accept_proposals,
    project_scenes,
    propose_for_scenes,
)
from curation.enums import DialogueState
from curation.errors import CurationError
from curation.forms.dialogues import DialogueFilter, ManyForm
from curation.forms.layers import CompareForm
from curation.forms.undo import undo_tag
from curation.models import Activity, Boundary, Dialogue, DialogueRevision, Project, Utterance
from curation.queries.dialogue_list import ListedDialogues
from curation.queries.scene_lines import agreed_scenes
from rickproject.lib.errors import RickError
from rickproject.lib.numbers import counted, is_key

from .activity_words import step_of
from .builder_page import EDITABLE, client_key_of, kept_wish

DIALOGUES_A_PAGE = 50
MOST_UTTERANCES_AT_ONCE = 6_000


@require_GET
@login_required
def dialogues(request: HttpRequest, slug: str) -> HttpResponse:
    """List the dialogues of a project; state, episode and character are in the address."""
    project = member_project(request.user, slug, ANNOTATING)
    form = DialogueFilter(request.GET, project_id=project.pk)
    form.is_valid()
    wanted = {name: form.cleaned_data.get(name) for name in ("episode", "target")}
    state = form.cleaned_data.get("state") or ""
    rows = ListedDialogues(project, state=state, **wanted)
    pages: Paginator[Dialogue] = Paginator(rows, DIALOGUES_A_PAGE)  # type: ignore[arg-type]  # slices
    page = pages.get_page(request.GET.get("page"))
    counts = rows.counts.of_states()
    live = sum(number for name, number in counts.items() if name != DialogueState.REMOVED)
    context = {
        "project": project,
        "form": form,
        "page": page,
        "state": state,
        "tabs": [("", "all", live), *((s.value, s.label, counts[s]) for s in DialogueState)],
        "live": live,
        "todo": [dialogue for dialogue in page if dialogue.state in EDITABLE],
        "has_scenes": live > 0 or agreed_scenes(project.pk).exists(),
    }
    return render(request, "curation/dialogues/list.html", context)


@require_POST
@login_required
def dialogues_submit(request: HttpRequest, slug: str) -> HttpResponse:
    """Submit the dialogues chosen, each at the revision that was seen."""
    project = member_project(request.user, slug, ANNOTATING)
    form = ManyForm(request.POST)
    if form.is_valid():
        revisions = form.cleaned_data["dialogues"]
        found = list(Dialogue.objects.filter(project=project, pk__in=revisions))
        for dialogue in found:
            dialogue.revision = revisions[dialogue.pk]
        _tell(request, submit_dialogues(found, actor=cast("User", request.user)))
    else:
        messages.warning(request, "Choose dialogues first; nothing was submitted.")
    return redirect(f"{reverse('dialogues', args=[slug])}?{request.GET.urlencode()}")


def _tell(request: HttpRequest, outcome: BulkOutcome) -> None:
    number = len(outcome.done)
    tag = undo_tag("submitted", [dialogue.pk for dialogue in outcome.done])
    messages.success(request, f"{counted(number, 'dialogue')} submitted.", extra_tags=tag)
    for _, sentence in outcome.refused[:5]:
        messages.warning(request, sentence)
    if (more := len(outcome.refused) - 5) > 0:
        messages.warning(request, f"{more} more could not be submitted.")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def dialogues_propose(request: HttpRequest, slug: str) -> HttpResponse:
    """Say what would be proposed for an episode or the whole project; POST makes it."""
    project = member_project(request.user, slug, ANNOTATING)
    form, wish = kept_wish(request, project)
    filters = DialogueFilter(request.GET, project_id=project.pk)
    filters.is_valid()
    episode = filters.cleaned_data.get("episode")
    context: dict[str, Any] = {"project": project, "form": form, "filters": filters}
    context["client_key"] = uuid.uuid4().hex
    if wish is not None:
        scenes = project_scenes(wish.target, episode_id=episode.pk if episode else None)
        context |= {"wish": wish, "scenes": scenes, "episode": episode}
        try:
            _refuse_too_many(scenes, project)
            if request.method == "POST":
                return _make(request, scenes, wish)
            context["found"] = _totals(scenes, wish)
        except RickError as error:
            context["error"] = str(error)
    status = 422 if "error" in context else 200
    return render(request, "curation/dialogues/propose.html", context, status=status)


class TooManyError(RickError):
    """More scenes than a page should wait for."""

    code = "too_many_scenes"


def _refuse_too_many(scenes: list[Boundary], project: Project) -> None:
    episodes = {scene.utterance.episode_id for scene in scenes}
    if len(episodes) < 2:  # one episode is never too much
        return
    if Utterance.objects.filter(episode__in=episodes).count() > MOST_UTTERANCES_AT_ONCE:
        msg = (
            "This is a long script. Propose for one episode at a time, or run "
            f"manage.py propose_dialogues --project {project.slug}."
        )
        raise TooManyError(msg)


def _totals(scenes: list[Boundary], wish: Wish) -> dict[str, Any]:
    found = list(propose_for_scenes(scenes, wish))
    reasons: dict[str, int] = {}
    for one in found:
        for line in one.uncovered:
            reasons[str(line.reason)] = reasons.get(str(line.reason), 0) + 1
    return {
        "count": sum(len(one.proposals) for one in found),
        "tokens": sum(p.tokens for one in found for p in one.proposals),
        "by_scene": [one for one in found if one.proposals],
        "reasons": sorted(reasons.items(), key=lambda pair: -pair[1]),
        "uncovered": sum(reasons.values()),
    }


def _make(request: HttpRequest, scenes: list[Boundary], wish: Wish) -> HttpResponse:
    accepted = accept_proposals(
        scenes,
        wish=wish,
        actor=cast("User", request.user),
        client_key=client_key_of(request),
    )
    tag = undo_tag("made", [dialogue.pk for dialogue in accepted.dialogues])
    messages.success(request, accepted.words, extra_tags=tag)
    address = reverse("dialogues", args=[wish.target.project.slug])
    return redirect(f"{address}?state={DialogueState.DRAFT}&target={wish.target.pk}")


@require_GET
@login_required
def dialogue_history(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Show every revision of a dialogue, every decision on it and every step of work."""
    dialogue = project_dialogue(request.user, slug, pk)
    revisions = list(dialogue.revisions.select_related("author")[:100])
    steps = Activity.objects.filter(target_type="dialogue", target_id=dialogue.pk)
    context = {
        "project": dialogue.project,
        "dialogue": dialogue,
        "revisions": [
            {"revision": one, "changes": _changes(one, before)}
            for one, before in zip(revisions, [*revisions[1:], None], strict=True)
        ],
        "reviews": dialogue.reviews.select_related("reviewer"),
        "steps": [
            step_of(one, dialogue.project)
            for one in steps.select_related("actor").order_by("-pk")[:100]
        ],
        "chosen": _chosen_revision(request, dialogue),
        "compared": _compared(request, dialogue),
        "can_revert": dialogue.state != DialogueState.REMOVED,
    }
    return render(request, "curation/dialogues/history.html", context)


def _chosen_revision(request: HttpRequest, dialogue: Dialogue) -> dict[str, Any] | None:
    number = request.GET.get("revision", "")
    kept = dialogue.revisions.filter(revision=int(number)).first() if is_key(number) else None
    return {"number": kept.revision, "members": members_at(kept)} if kept else None


def _compared(request: HttpRequest, dialogue: Dialogue) -> dict[str, Any] | None:
    """Return two revisions line by line; None where the address asks for none that exist."""
    form = CompareForm(request.GET)
    if not form.is_valid():
        return None
    numbers = form.cleaned_data
    try:
        lines = compare_revisions(dialogue, **numbers)
    except CurationError:
        return None
    return numbers | {"lines": lines, "is_same": all(line.kind == "same" for line in lines)}


def _changes(one: DialogueRevision, before: DialogueRevision | None) -> list[str]:
    """Say in words what a revision changed."""
    if before is None:
        return [f"made of {len(one.members)} rows"] if one.revision == 1 else []
    now = {row["utterance"]: row for row in one.members}
    old = {row["utterance"]: row for row in before.members}
    both = now.keys() & old.keys()
    numbers = (
        (len(now.keys() - old.keys()), "row{s} added"),
        (len(old.keys() - now.keys()), "row{s} taken away"),
        (sum(now[k]["dropped"] > old[k]["dropped"] for k in both), "row{s} left out"),
        (sum(now[k]["dropped"] < old[k]["dropped"] for k in both), "row{s} taken back"),
        (sum(now[k]["text"] != old[k]["text"] for k in both), "text{s} changed"),
    )
    return [f"{n} {words.format(s='' if n == 1 else 's')}" for n, words in numbers if n]
