"""Scripts of a project, what is in them, and how far their import is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet

from curation.enums import ScriptState
from curation.models import Activity, Character, Episode, Project, Script, Utterance

BUSY_STATES = frozenset(
    {ScriptState.UPLOADED, ScriptState.CHECKING, ScriptState.IMPORTING, ScriptState.DISCARDING}
)
SHOWN_REVISIONS = 20
CURRENT_STATES = frozenset({ScriptState.IMPORTED, ScriptState.REPLACED})


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far a check or an import is; ``seconds_left`` is None while nobody can know."""

    rows_done: int
    rows_total: int
    seconds_left: float | None


def project_scripts(project: Project, *, state: str = "") -> QuerySet[Script]:
    """Return a project's scripts, the newest first, in one state or all, with who brought them."""
    rows = Script.objects.filter(project=project).select_related("created_by").defer("preview")
    return rows.filter(state=state) if state else rows


def script_episodes(script: Script) -> QuerySet[Episode]:
    """Return a script's episodes in their order."""
    return Episode.objects.filter(script=script)


def episode_lines(episode: Episode) -> QuerySet[Utterance]:
    """Return an episode's lines in order, each with who speaks."""
    return Utterance.objects.filter(episode=episode).select_related("character__alias_of")


def script_revisions(script: Script) -> list[Script]:
    """Return the revisions before this one, the newest first."""
    found: list[Script] = []
    last = script.replaces_id
    while last is not None and len(found) < SHOWN_REVISIONS:
        before = Script.objects.defer("preview").get(pk=last)
        found.append(before)
        last = before.replaces_id
    return found


def missing_rows_by_episode(script: Script) -> dict[str, int]:
    """Return how many rows the source lacks, by the episode's code; as the dry run counted."""
    episodes = script.preview.get("episodes", [])
    return {episode["code"]: episode["missing"] for episode in episodes}


def project_characters(project: Project) -> QuerySet[Character]:
    """Return the characters that speak, most lines first, with the number of their aliases."""
    return (
        Character.objects.filter(project=project, utterance_count__gt=0)
        .select_related("alias_of")
        .prefetch_related("members")
        .annotate(alias_count=Count("aliases"))
        .order_by("-utterance_count", "name")
    )


def merging_steps(project: Project, *, verbs: Sequence[str], most: int) -> list[Activity]:
    """Return the last merges and splits of a project's characters that are not undone."""
    steps = list(
        Activity.objects.filter(project=project, verb__in=verbs)
        .select_related("actor")
        .order_by("-pk")[: 2 * most]
    )
    undone = {step.detail.get("undoes") for step in steps}
    return [
        step
        for step in steps
        if step.pk not in undone and "undoes" not in step.detail and "before" in step.detail
    ][:most]


def import_progress(script: Script, *, now: datetime) -> ImportProgress:
    """Return how far the work on a script is, and how long the rest takes at this pace."""
    total, done = script.rows_total or 0, script.rows_done
    seconds_left = None
    if script.state == ScriptState.IMPORTING and script.work_started_at and 0 < done <= total:
        spent = (now - script.work_started_at).total_seconds()
        seconds_left = spent / done * (total - done)
    return ImportProgress(done, total, seconds_left)
