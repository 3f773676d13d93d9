"""What a corrected script would keep, change and lose, before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from curation.domain.script_files import ScriptReading
from curation.models import DialogueUtterance, Episode, Script, Utterance

from .matching import Match, SourceRow, match_rows

SHOWN_DIALOGUES = 200


@dataclass(frozen=True, slots=True)
class AffectedDialogue:
    """A live dialogue whose lines changed; members by primary key of their utterance."""

    dialogue_id: int
    state: str
    lost: frozenset[int]
    changed: frozenset[int]
    inserted: tuple[int, ...]

    @property
    def reason(self) -> str:
        """What happened to it, as a sentence."""
        parts = [
            f"{len(found)} of its lines {verb}"
            for found, verb in ((self.changed, "changed"), (self.lost, "are gone"))
            if found
        ]
        if self.inserted:
            parts.append(f"{len(self.inserted)} new lines lie inside it")
        return f"The corrected script: {', '.join(parts)}."


@dataclass(frozen=True, slots=True)
class EpisodePlan:
    """One episode of both revisions; ``old`` is None for a new one, ``new`` for one that is gone.

    ``utterances`` are the old revision's primary keys by position.
    """

    code: str
    old: Episode | None
    new: int | None
    match: Match
    utterances: tuple[int, ...] = ()
    dialogues: tuple[AffectedDialogue, ...] = ()


@dataclass(frozen=True, slots=True)
class CarryOverPlan:
    """All episodes; ``new`` counts in the order of the reading."""

    episodes: list[EpisodePlan] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return what the pages show: counts by episode, and every dialogue that is not kept."""
        matches = [(plan.code, plan.match) for plan in self.episodes]
        rows = [
            {
                "code": code,
                "kept": sum(not pair.changed for pair in match.pairs),
                "changed": sum(pair.changed for pair in match.pairs),
                "removed": len(match.removed),
                "added": len(match.added),
            }
            for code, match in matches
        ]
        dialogues = [
            {"id": one.dialogue_id, "state": one.state, "code": plan.code, "reason": one.reason}
            for plan in self.episodes
            for one in plan.dialogues
        ]
        return {
            "episodes": [row for row in rows if row["changed"] or row["removed"] or row["added"]],
            "totals": {
                name: sum(int(row[name]) for row in rows)  # type: ignore[call-overload]
                for name in ("kept", "changed", "removed", "added")
            },
            "dialogues": dialogues[:SHOWN_DIALOGUES],
            "dialogue_total": len(dialogues),
        }


def plan_carry_over(script: Script, reading: ScriptReading) -> CarryOverPlan:
    """Compare a reading with the script that it is to replace; nothing is written."""
    fresh = {(one.season, one.number): at for at, one in enumerate(reading.episodes)}
    plans = []
    known = Episode.objects.filter(script_id=script.replaces_id or 0)
    for old in known:
        at = fresh.pop((old.season_number, old.episode_number), None)
        rows = [] if at is None else _read_rows(reading, at)
        plans.append(_plan(old, at, rows))
    for (season, number), at in fresh.items():
        added = tuple(range(len(reading.episodes[at].lines)))
        plans.append(EpisodePlan(f"S{season}E{number}", None, at, Match((), (), added)))
    return CarryOverPlan(plans)


def _read_rows(reading: ScriptReading, at: int) -> list[SourceRow]:
    lines = reading.episodes[at].lines
    return [SourceRow(line.source_index, line.speaker, line.text) for line in lines]


def _plan(old: Episode, at: int | None, new: Sequence[SourceRow]) -> EpisodePlan:
    stored = list(
        Utterance.objects.filter(episode=old)
        .order_by("position")
        .values_list("pk", "source_index", "character__normalised_name", "text")
    )
    rows = [SourceRow(index, speaker or "", text) for _, index, speaker, text in stored]
    utterances = tuple(row[0] for row in stored)
    match = match_rows(rows, new)
    affected = _affected(old, match, utterances)
    return EpisodePlan(old.code, old, at, match, utterances, tuple(affected))


def _affected(old: Episode, match: Match, utterances: Sequence[int]) -> list[AffectedDialogue]:
    lost = {utterances[at] for at in match.removed}
    changed = {utterances[pair.old] for pair in match.pairs if pair.changed}
    moved = {utterances[pair.old]: pair.new for pair in match.pairs}
    members: dict[tuple[int, str], list[int]] = {}
    rows = (
        DialogueUtterance.objects.filter(utterance__episode=old, is_live=True)
        .order_by("dialogue_id", "utterance__position")
        .values_list("dialogue_id", "dialogue__state", "utterance_id")
    )
    for dialogue_id, state, utterance_id in rows:
        members.setdefault((dialogue_id, state), []).append(utterance_id)
    found = []
    for (dialogue_id, state), held in members.items():
        places = [moved[one] for one in held if one in moved]
        inside = [at for at in match.added if places and places[0] < at < places[-1]]
        one = AffectedDialogue(
            dialogue_id,
            state,
            frozenset(held) & lost,
            frozenset(held) & changed,
            tuple(inside),
        )
        if one.lost or one.changed or one.inserted:
            found.append(one)
    return found
