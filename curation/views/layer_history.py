"""The history of an episode's scenes: every change, two of them compared, one brought back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from curation.access import signed_in
from curation.access.scenes import annotated_episode
from curation.domain.layer_history import (
    LayerRevision,
    edits_to,
    layer_revisions,
    revision_numbered,
)
from curation.errors import CurationError
from curation.forms.layers import CompareForm, RestoreLayerForm
from curation.models import Episode, Utterance
from curation.queries.scenes import scene_starts

from .reader import status_of
from .reader_desk import Desk, desk_of

MOST_SHOWN = 200


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def layer_history(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Show what became of the person's layer, or of the agreed scenes; POST brings one back."""
    desk = desk_of(signed_in(request), annotated_episode(request.user, slug, pk))
    if request.method != "POST":
        return _page(request, desk)
    form = RestoreLayerForm(request.POST)
    if not form.is_valid():
        return _page(request, desk, error="Load the page again, then choose.", status=422)
    layer = desk.layer()
    revisions = layer_revisions(layer) if layer else []
    try:
        wanted = revision_numbered(revisions, form.cleaned_data["restored"])
        now = frozenset(start.utterance.position for start in scene_starts(layer))
        edits = edits_to(wanted, now=now)
        if edits.moves_scenes:
            desk.edit(edits, revision=form.cleaned_data["revision"])
    except CurationError as error:
        return _page(request, desk, error=str(error), status=status_of(error))
    messages.success(request, f"The scenes are as they were at revision {wanted.number}.")
    return redirect("layer_history", slug=slug, pk=pk)


def _page(request: HttpRequest, desk: Desk, *, error: str = "", status: int = 200) -> HttpResponse:
    layer = desk.layer()
    revisions = layer_revisions(layer) if layer else []
    context = {
        "project": desk.episode.script.project,
        "episode": desk.episode,
        "layer_kind": desk.kind,
        "seen": layer.revision if layer else 0,
        "is_open": layer is not None and not (desk.annotator and layer.state == "submitted"),
        "newest": len(revisions),
        "revisions": [_row(one) for one in reversed(revisions[-MOST_SHOWN:])],
        "compared": _compared(request, desk.episode, revisions),
        "error": error,
    }
    return render(request, "curation/scenes/layer_history.html", context, status=status)


def _row(one: LayerRevision) -> dict[str, Any]:
    words = [
        f"{_lines(positions)} {verb}"
        for positions, verb in ((one.on, "started a scene"), (one.off, "started none any more"))
        if positions
    ]
    return {"revision": one, "words": ", ".join(words) or "nothing moved", "count": len(one.starts)}


def _lines(positions: tuple[int, ...]) -> str:
    shown = ", ".join(str(at + 1) for at in positions[:6])
    more = f" and {len(positions) - 6} more" if len(positions) > 6 else ""
    return f"line{'s' if len(positions) > 1 else ''} {shown}{more}"


def _compared(
    request: HttpRequest, episode: Episode, revisions: list[LayerRevision]
) -> dict[str, Any] | None:
    form = CompareForm(request.GET)
    if not revisions or not form.is_valid():
        return None
    try:
        old = revision_numbered(revisions, form.cleaned_data["old"])
        new = revision_numbered(revisions, form.cleaned_data["new"])
    except CurationError:
        return None
    differing = old.starts ^ new.starts
    rows = Utterance.objects.filter(episode=episode, position__in=differing)
    return {
        "old": old,
        "new": new,
        "lines": [
            {"utterance": row, "is_new": row.position in new.starts}
            for row in rows.select_related("character").order_by("position")
        ],
    }
