"""How a project reviews: how many approvals, and how many are read again."""

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from curation.domain.activity import record_activity
from curation.domain.review_draws import draw_together
from curation.enums import DialogueState
from curation.errors import CurationError
from curation.models import Dialogue, Project

MOST_APPROVALS = 9
WHOLE = 100


class ReviewRulesError(CurationError):
    """A number that no team can mean."""

    code = "review_rules"


@transaction.atomic
def choose_review_rules(
    project: Project, *, approvals: int, percent: int, seed: int, actor: User
) -> int:
    """Set how many people must approve a dialogue, and what share of them is read again.

    What is approved stays so. A waiting dialogue that has as many approvals as are asked for now
    is approved, and may be drawn for a second reading like any other.

    Returns:
        how many dialogues that were.

    Raises:
        ReviewRulesError: a number is out of range.
    """
    if not 1 <= approvals <= MOST_APPROVALS or not 0 <= percent <= WHOLE or seed < 0:
        msg = f"A dialogue takes 1 to {MOST_APPROVALS} approvals, and 0 to 100 % are read again."
        raise ReviewRulesError(msg)
    project.required_approvals, project.rereview_percent = approvals, percent
    project.rereview_seed = seed
    project.save(update_fields=["required_approvals", "rereview_percent", "rereview_seed"])
    moment = timezone.now()  # names the rows that this UPDATE changed
    enough = Dialogue.objects.filter(
        project=project,
        state=DialogueState.SUBMITTED,
        approvals__gte=approvals,
    ).update(state=DialogueState.APPROVED, updated_at=moment, approvals=F("approvals"))
    if enough:
        draw_together(project, approved_at=moment)
    record_activity(
        "project.review_chosen",
        project=project,
        actor=actor,
        target=project,
        approvals_required=approvals,
        rereview_percent=percent,
        approved_by_it=enough,
    )
    return enough
