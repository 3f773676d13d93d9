"""A project's dashboard: people, pace and the forecast of its goal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.contrib.auth.models import User

from curation.enums import DialogueState
from curation.models import Dialogue, Project
from curation.queries.team_progress import (
    PersonProgress,
    approvals_by_day,
    decisions_by_day,
    first_dialogue_day,
    people_progress,
)

from .forecast import WINDOW_DAYS, Forecast, forecast_goal, working_day_counts

PACE_DAYS = WINDOW_DAYS * 7 // 5  # the same time in calendar days


@dataclass(frozen=True, slots=True)
class TeamProgress:
    """What the dashboard shows.

    Attributes:
        days: calendar days of the pace, oldest first, today last.
        decisions: reviewers' decisions of a day, by decision.
        approvals: dialogues approved on a day that still are.
        forecast: None while the days are too few to tell, or the goal is reached.
    """

    today: date
    approved: int
    goal: int
    people: list[PersonProgress]
    days: list[date]
    decisions: dict[date, dict[str, int]]
    approvals: dict[date, int]
    forecast: Forecast | None

    @property
    def missing(self) -> int:
        """Dialogues still to be approved; 0 when the goal is reached."""
        return max(0, self.goal - self.approved)


def measure_progress(project: Project, *, now: datetime, only: User | None = None) -> TeamProgress:
    """Bring a project's dashboard together, in a constant number of queries.

    Args:
        only: the one person whose row may be seen; None for all.
    """
    today = now.astimezone(UTC).date()
    first = today - timedelta(days=PACE_DAYS)
    since = datetime.combine(first, time(), tzinfo=UTC)
    approvals = approvals_by_day(project, since=since)
    approved = Dialogue.objects.filter(project=project, state=DialogueState.APPROVED).count()
    begun = first_dialogue_day(project) or today
    missing = project.dialogue_goal - approved
    start = max(begun, first)
    counts = working_day_counts(approvals, first=start, until=today)
    days = [start + timedelta(days=n) for n in range((today - start).days + 1)]
    return TeamProgress(
        today=today,
        approved=approved,
        goal=project.dialogue_goal,
        people=people_progress(project, only=only),
        days=days,
        decisions=decisions_by_day(project, since=since),
        approvals=approvals,
        forecast=forecast_goal(counts, missing=missing, today=today) if missing > 0 else None,
    )
