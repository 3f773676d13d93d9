"""Take back a decision that was just made, and show its dialogue again."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from curation.access import REVIEWING, signed_in
from curation.access.dialogues import project_dialogue
from curation.domain.review_undo import undo_decision
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
