"""Changes of a dialogue that a browser kept while it was offline, sent together."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from curation.access import signed_in
from curation.access.dialogues import project_dialogue
from curation.domain.dialogue_batches import Change, apply_batch, has_batch
from curation.domain.dialogue_compare import compare_revisions
from curation.domain.dialogues import SUBMITTED
from curation.errors import CurationError, StaleRevisionError
from curation.forms.dialogues import read_batch
from curation.forms.scenes import read_json
from curation.models import Dialogue
from curation.queries.client_keys import arrived_before

from .builder_changes import CHANGES
from .reader import refusal

MOST_LINES = 40
SUBMIT = "submit"


@require_POST
@login_required
def dialogue_edits(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Make the changes in their order; a batch that comes twice is made once."""
    found = project_dialogue(request.user, slug, pk)
    batch = read_batch(read_json(request.body))
    if batch is None:
        return refusal(CurationError("These changes were not understood; nothing was written."))
    revision, wanted = batch
    person = signed_in(request)
    changes = [_change(values, person) for values in wanted]
    submissions = {n: one["client_key"] for n, one in enumerate(wanted) if one["action"] == SUBMIT}
    if any(_arrived(found, person, key) for key in submissions.values()):
        return _answer(found, [])
    try:
        changed, refused = apply_batch(
            found, revision=revision, changes=changes, submissions=submissions
        )
    except StaleRevisionError as error:
        now = project_dialogue(request.user, slug, pk)
        if not submissions and has_batch(now, changes=changes):
            return _answer(project_dialogue(request.user, slug, pk), [])
        now = project_dialogue(request.user, slug, pk)
        return refusal(error, theirs=_theirs(now, revision))
    except CurationError as error:
        return refusal(error)
    return _answer(changed, refused)


def _change(values: dict[str, Any], person: User) -> Change:
    action = CHANGES[values["action"]]
    return lambda dialogue: action(dialogue, person, {**values, "revision": dialogue.revision})


def _arrived(dialogue: Dialogue, person: User, key: str) -> bool:
    return arrived_before(SUBMITTED, [dialogue], actor=person, client_key=key)


def _answer(dialogue: Dialogue, refused: list[str]) -> JsonResponse:
    facts = {"revision": dialogue.revision, "state": dialogue.state, "refused": refused}
    return JsonResponse(facts)


def _theirs(dialogue: Dialogue, since: int) -> dict[str, Any]:
    try:
        lines = compare_revisions(dialogue, old=since, new=dialogue.revision)
    except CurationError:
        lines = []
    changed = [line.in_words for line in lines if line.kind != "same"]
    return {
        "revision": dialogue.revision,
        "lines": [f"It is {dialogue.get_state_display()} now.", *changed[:MOST_LINES]],
    }
