"""Which approved dialogues are read again: drawn by a seed, the same on every machine."""

import hashlib
from datetime import datetime

from django.db.models import F

from curation.enums import Decision, DialogueState
from curation.models import Dialogue, Project, Rereview, Review

HUNDREDTHS = 10_000


def is_drawn(dialogue_id: int, submission: int, *, seed: int, percent: int) -> bool:
    """Whether chance chooses a submission of a dialogue, at a share of 0 to 100 percent."""
    digest = hashlib.sha256(f"{seed}:{dialogue_id}:{submission}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % HUNDREDTHS < percent * HUNDREDTHS // 100


def draw_for_rereview(dialogue: Dialogue, *, review: Review) -> None:
    """Have a dialogue that was just approved read again, if chance chooses it."""
    project = dialogue.project
    if review.decision == Decision.APPROVED and is_drawn(
        dialogue.pk,
        dialogue.submission,
        seed=project.rereview_seed,
        percent=project.rereview_percent,
    ):
        Rereview.objects.create(dialogue=dialogue, submission=dialogue.submission, first=review)


def draw_together(project: Project, *, approved_at: datetime) -> None:
    """Draw among the dialogues that one change of the rules approved, by the same chance.

    The second reading checks the last of the approvals that were counted.
    """
    counted = Review.objects.filter(
        dialogue__project=project,
        dialogue__state=DialogueState.APPROVED,
        dialogue__updated_at=approved_at,
        submission=F("dialogue__submission"),
        decision=Decision.APPROVED,
    )
    last = {(review.dialogue_id, review.submission): review for review in counted.order_by("pk")}
    Rereview.objects.bulk_create(
        [
            Rereview(dialogue_id=pk, submission=submission, first=review)
            for (pk, submission), review in last.items()
            if submission is not None
            and is_drawn(
                pk, submission, seed=project.rereview_seed, percent=project.rereview_percent
            )
        ],
        ignore_conflicts=True,
    )
