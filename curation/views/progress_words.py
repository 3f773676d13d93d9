"""The dashboard's forecast in words, its charts as numbers and its tables as rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from curation.domain.forecast import FEWEST_APPROVALS, FEWEST_DAYS, Forecast
from curation.domain.team_progress import TeamProgress
from curation.enums import Decision, DialogueState
from curation.queries.team_progress import EpisodeProgress

EPOCH = date(1970, 1, 1).toordinal()
STATES = [state for state in DialogueState if state != DialogueState.REMOVED]
_STATE_HEADERS = [f"dialogues {state.label}" for state in STATES]


def forecast_words(found: TeamProgress) -> tuple[str, str]:
    """Return the forecast in a sentence, and how sure it is in another."""
    if not found.missing:
        return f"The goal of {found.goal:,} approved dialogues is reached.", ""
    if found.forecast is None:
        return (
            "It is too early to say when the goal will be reached.",
            (
                f"A forecast needs {FEWEST_DAYS} working days and {FEWEST_APPROVALS} approved "
                "dialogues of the last eight weeks."
            ),
        )
    return _likely_words(found.forecast, found.goal), _spread_words(found.forecast)


def _likely_words(forecast: Forecast, goal: int) -> str:
    if forecast.likely is None:
        return f"At this pace {goal:,} approved dialogues are more than five years away."
    return f"{goal:,} approved dialogues: probably by {day_words(forecast.likely)}."


def _spread_words(forecast: Forecast) -> str:
    pace = (
        f"{forecast.per_day:.1f} a working day over the last {forecast.days} working days. "
        if forecast.days
        else ""
    )
    return (
        f"{pace}Four chances in five: {_between(forecast.early, forecast.late)}; "
        f"nineteen in twenty: {_between(forecast.earliest, forecast.latest)}."
    )


def _between(early: date | None, late: date | None) -> str:
    if early is None:
        return "more than five years from now"
    if late is None:
        return f"{day_words(early)} or later, with no end in sight"
    return f"{day_words(early)} to {day_words(late)}"


def day_words(day: date) -> str:
    """Return a day as "4 March 2026"."""
    return f"{day.day} {day:%B %Y}"


def pace_chart(found: TeamProgress) -> dict[str, Any]:
    """Return decisions per day for the chart."""
    lines = ((Decision.APPROVED, "accent", False), (Decision.RETURNED, "amber", True))
    return {
        "x": [number_of(day) for day in found.days],
        "x_label": "day",
        "days": True,
        "decimals": 0,
        "lines": [
            {
                "label": str(decision.label),
                "tone": tone,
                "dashed": dashed,
                "values": [found.decisions.get(day, {}).get(decision, 0) for day in found.days],
            }
            for decision, tone, dashed in lines
        ],
    }


def goal_chart(found: TeamProgress) -> dict[str, Any]:
    """Return the approved dialogues up to today, and straight lines to the days of the goal."""
    known = dict(cumulated(found))
    forecast = found.forecast
    ends = {
        "likely": (forecast.likely if forecast else None, "ink"),
        "early (1 in 10)": (forecast.early if forecast else None, "quiet"),
        "late (1 in 10)": (forecast.late if forecast else None, "quiet"),
    }
    days = sorted({*known, *(day for day, _ in ends.values() if day)})
    lines: list[dict[str, Any]] = [
        {"label": "approved", "tone": "accent", "values": [known.get(day) for day in days]}
    ]
    for label, (end, tone) in ends.items():
        if end and end > found.today:
            points = {found.today: found.approved, end: found.goal}
            values = [points.get(day) for day in days]
            lines.append({"label": label, "tone": tone, "dashed": True, "values": values})
    lines.append({"label": "goal", "tone": "amber", "values": [found.goal] * len(days)})
    return {
        "x": [number_of(day) for day in days],
        "x_label": "day",
        "days": True,
        "decimals": 0,
        "lines": lines,
    }


def cumulated(found: TeamProgress) -> list[tuple[date, int]]:
    """Return how many of today's approved dialogues were approved by the end of each day."""
    total = found.approved - sum(found.approvals.get(day, 0) for day in found.days)
    rows = []
    for day in found.days:
        total += found.approvals.get(day, 0)
        rows.append((day, total))
    return rows


def day_rows(found: TeamProgress) -> list[tuple[date, int, int, int, int]]:
    """Return day, approved, returned, removed and approved altogether; the newest first."""
    rows = []
    for day, total in cumulated(found):
        of_day = found.decisions.get(day, {})
        approved, returned, removed = (
            of_day.get(one, 0) for one in (Decision.APPROVED, Decision.RETURNED, Decision.REMOVED)
        )
        rows.append((day, approved, returned, removed, total))
    return rows[::-1]


def number_of(day: date) -> int:
    """Return a day as the number that the chart takes: days since 1 January 1970."""
    return day.toordinal() - EPOCH


def csv_table(
    name: str, found: TeamProgress, episodes: Callable[[], list[EpisodeProgress]]
) -> tuple[list[str], list[tuple[object, ...]]]:
    """Return the header and rows of ``episodes``, ``people`` or ``days``.

    Args:
        episodes: asked only for the table of them.

    Raises:
        KeyError: another name.
    """
    if name == "episodes":
        return _episode_table(episodes())
    if name == "people":
        return _people_table(found)
    if name == "days":
        header = ["day", "approved", "returned", "removed", "approved altogether"]
        return header, [(day.isoformat(), *rest) for day, *rest in day_rows(found)]
    raise KeyError(name)


def _episode_table(
    episodes: list[EpisodeProgress],
) -> tuple[list[str], list[tuple[object, ...]]]:
    header = ["episode", "title", "scenes are", "scenes", "finished layers", *_STATE_HEADERS]
    return header, [
        (
            one.episode.code,
            one.episode.title,
            one.state_label,
            one.scenes,
            one.layers,
            *(one.dialogues.get(state, 0) for state in STATES),
        )
        for one in episodes
    ]


def _people_table(found: TeamProgress) -> tuple[list[str], list[tuple[object, ...]]]:
    header = [
        *("person", "in hand", "episodes submitted", "scenes submitted"),
        *_STATE_HEADERS,
        *("decided on first", "approved first time", "returns", "own decisions"),
    ]
    return header, [
        (
            one.name,
            one.in_hand,
            one.episodes,
            one.scenes,
            *(one.dialogues.get(state, 0) for state in STATES),
            sum(one.first_decisions.values()),
            one.first_decisions.get(Decision.APPROVED, 0),
            one.returns,
            one.decided,
        )
        for one in found.people
    ]
