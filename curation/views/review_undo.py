"""Take back a decision that was just made and show its dialogue again; make it again."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from curation.access import REVIEWING, signed_in
from curation.access.dialogues import project_dialogue
from curation.domain.review_undo import redo_decision, undo_decision
from curation.enums import DialogueState
from curation.errors import CurationError


@require_POST
@login_required
def review_undo(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Let a dialogue wait for review again, where the last decision is one's own and young."""
    dialogue = project_dialogue(request.user, slug, pk, REVIEWING)
    try:
        undo_decision(dialogue, reviewer=signed_in(request))
    except CurationError as error:
        messages.error(request, str(error))
        return redirect("review", slug=slug)
    messages.success(request, f"Your decision on dialogue {pk} is taken back; it waits again.")
    return redirect(f"{reverse('review', args=[slug])}?dialogue={pk}")


@require_POST
@login_required
def review_redo(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Decide again as one had before one took it back, where nothing happened since."""
    dialogue = project_dialogue(request.user, slug, pk, REVIEWING)
    try:
        redo_decision(dialogue, reviewer=signed_in(request))
    except CurationError as error:
        messages.error(request, str(error))
        return redirect(f"{reverse('review', args=[slug])}?dialogue={pk}")
    words = DialogueState(dialogue.state).label
    if dialogue.state == DialogueState.SUBMITTED:
        words = DialogueState.APPROVED.label + "; it waits for another"
    messages.success(request, f"Your decision is made again: dialogue {pk} is {words}.")
    return redirect(f"{reverse('review', args=[slug])}?last={pk}")
