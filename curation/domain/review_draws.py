"""Which approved dialogues are read again: drawn by a seed, the same on every machine."""

import hashlib

from curation.enums import Decision
from curation.models import Dialogue, Rereview, Review

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
