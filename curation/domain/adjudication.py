"""Settle where annotators differ: splits, who decided each, and the agreed scenes made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction

from curation.domain.activity import record_activity
from curation.domain.layers import write_agreed_layer
from curation.domain.majority import Candidate, merge_layers
from curation.domain.segmentation import ensure_agreed_layer
from curation.domain.split_undo import (
    Kept,
    SplitStandsError,
    decisions_now,
    hold_decisions,
    redo_split,
    undo_split,
)
from curation.enums import DecisionRule
from curation.errors import CurationError
from curation.models import Episode, Segmentation, SplitDecision
from curation.queries.layers import (
    FinishedLayer,
    finished_layers,
    gaps_of,
    is_settled,
    spoken_positions,
)
from curation.queries.scenes import positions_of


class AdjudicationError(CurationError):
    """The layers cannot be settled like this."""

    code = "adjudication"


@dataclass(frozen=True, slots=True)
class Split:
    """A place on which annotators differ.

    Attributes:
        position: where most of its supporters start the scene.
        choices: for each annotator, in the order of the layers, where they start it; None is
            nowhere near.
        decision: what somebody decided on just these votes, None before.
    """

    candidate: Candidate
    position: int
    choices: tuple[int | None, ...]
    decision: SplitDecision | None

    @property
    def majority(self) -> int | None:
        """Where the majority lets a scene start; None is nowhere."""
        return self.position if self.candidate.is_agreed else None

    @property
    def is_tie(self) -> bool:
        """Whether exactly half drew it, so that there is no majority."""
        return 2 * self.candidate.votes == self.candidate.annotators


@dataclass(frozen=True, slots=True)
class Table:
    """All finished layers of an episode side by side.

    Attributes:
        spoken: positions of the spoken rows, ascending; gap g lies before ``spoken[g]``.
        gaps: each layer's gaps, in the order of ``layers``.
        shared: positions at which everybody starts a scene.
    """

    episode: Episode
    layers: Sequence[FinishedLayer]
    spoken: Sequence[int]
    gaps: Sequence[frozenset[int]]
    shared: tuple[int, ...]
    splits: tuple[Split, ...]

    @property
    def undecided(self) -> int:
        """How many splits nobody decided yet."""
        return sum(split.decision is None for split in self.splits)


def lay_table(episode: Episode) -> Table:
    """Put an episode's finished layers side by side, with what was decided on them."""
    layers = finished_layers([episode]).get(episode.pk, [])
    spoken = spoken_positions([episode]).get(episode.pk, [])
    gaps = [gaps_of(layer.starts, spoken=spoken) for layer in layers]
    drawn = [_starts_by_gap(layer, spoken) for layer in layers]
    decided = {
        decision.utterance.position: decision
        for decision in SplitDecision.objects.filter(
            segmentation__episode=episode, segmentation__annotator=None
        ).select_related("utterance", "start", "decided_by", "taken_from")
    }
    shared, splits = [], []
    for one in merge_layers(dict(enumerate(gaps))):
        position = _place(one, drawn, spoken)
        if one.is_split:
            splits.append(_split(one, position, drawn, decided.get(position)))
        elif one.is_agreed:
            shared.append(position)
    return Table(episode, layers, spoken, gaps, tuple(shared), tuple(splits))


@transaction.atomic
def decide_split(episode: Episode, *, position: int, annotator: int, actor: User) -> Table:
    """Take one annotator's decision at a split.

    Args:
        annotator: their number on the page, 1 for the first layer.

    Raises:
        AdjudicationError: the episode is agreed, or there is no such split or annotator.
    """
    layer = _open_layer(episode)
    table = lay_table(episode)
    split = next((one for one in table.splits if one.position == position), None)
    if split is None or not 1 <= annotator <= len(table.layers):
        msg = "There is no such split any more: the layers changed. Load the page again."
        raise AdjudicationError(msg)
    who = table.layers[annotator - 1].annotator
    start = split.choices[annotator - 1]
    before = decisions_now(layer, [position])
    _keep(layer, [split], {split.position: start}, rule=DecisionRule.ANNOTATOR, who=who, by=actor)
    _record(layer, actor=actor, splits=[position], rule=DecisionRule.ANNOTATOR, before=before)
    return lay_table(episode)


@transaction.atomic
def take_majority(episode: Episode, *, actor: User) -> Table:
    """Decide every undecided split by the majority; ties stay for people.

    Raises:
        AdjudicationError: the episode is agreed.
    """
    layer = _open_layer(episode)
    table = lay_table(episode)
    open_splits = [one for one in table.splits if one.decision is None and not one.is_tie]
    if open_splits:
        starts = {one.position: one.majority for one in open_splits}
        before = decisions_now(layer, list(starts))
        _keep(layer, open_splits, starts, rule=DecisionRule.MAJORITY, who=None, by=actor)
        _record(
            layer,
            actor=actor,
            splits=[one.position for one in open_splits],
            rule=DecisionRule.MAJORITY,
            before=before,
        )
    return lay_table(episode)


@transaction.atomic
def undo_last_split(episode: Episode, *, actor: User) -> Table:
    """Take back what one's last press decided.

    Raises:
        AdjudicationError: the episode is agreed.
        SplitStandsError: there is none, or somebody else decided there since.
    """
    undo_split(_open_layer(episode), actor=actor)
    return lay_table(episode)


@transaction.atomic
def redo_last_split(episode: Episode, *, actor: User) -> Table:
    """Decide again what one's last undo took back.

    Raises:
        AdjudicationError: the episode is agreed.
        SplitStandsError: there is nothing to redo, or somebody else decided there or changed a
            layer since.
    """
    positions = redo_split(_open_layer(episode), actor=actor)
    table = lay_table(episode)
    decided = {one.position for one in table.splits if one.decision}
    if not decided.issuperset(positions):
        msg = "The layers changed since, so your decision is not made again. Decide anew."
        raise SplitStandsError(msg)
    return table


@transaction.atomic
def save_agreed_scenes(episode: Episode, *, actor: User) -> Segmentation:
    """Make the episode's agreed scenes of what all share and what was decided.

    Raises:
        AdjudicationError: it is agreed already, a layer is missing, or a split is undecided.
        CutsDialogueError: a live dialogue would lie in two scenes.
    """
    _open_layer(episode)
    table = lay_table(episode)
    wanted = episode.script.project.annotators_per_episode
    if len(table.layers) < wanted:
        msg = (
            f"{len(table.layers)} of {wanted} layers are finished. Wait for the others, or let "
            "a manager ask for fewer annotators an episode."
        )
        raise AdjudicationError(msg)
    if table.undecided:
        splits = "split waits" if table.undecided == 1 else "splits wait"
        msg = f"{table.undecided} {splits} for a decision."
        raise AdjudicationError(msg)
    chosen = {
        split.decision.start.position
        for split in table.splits
        if split.decision and split.decision.start
    }
    return write_agreed_layer(episode, starts=chosen | set(table.shared), actor=actor)


def _open_layer(episode: Episode) -> Segmentation:
    """Return the layer to be agreed, held until the transaction ends; refuse an agreed one."""
    layer = ensure_agreed_layer(episode)
    hold_decisions(layer)
    if is_settled(episode):
        msg = "This episode's scenes are agreed. Correct them in the reader, or undo the agreement."
        raise AdjudicationError(msg)
    return layer


def _starts_by_gap(layer: FinishedLayer, spoken: Sequence[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for start in layer.starts:
        for gap in gaps_of([start], spoken=spoken):
            found.setdefault(gap, start)
    return found


def _place(one: Candidate, drawn: Sequence[Mapping[int, int]], spoken: Sequence[int]) -> int:
    """Return where most supporters at the candidate's own gap drew it, the first of equals."""
    places = Counter(drawn[who][gap] for who, gap in one.marks.items() if gap == one.gap)
    return min(places, key=lambda at: (-places[at], at)) if places else spoken[one.gap]


def _split(
    one: Candidate,
    position: int,
    drawn: Sequence[Mapping[int, int]],
    decision: SplitDecision | None,
) -> Split:
    choices = tuple(
        drawn[who][one.marks[who]] if who in one.marks else None for who in range(len(drawn))
    )
    if decision and (decision.votes, decision.annotators) != (one.votes, one.annotators):
        decision = None  # the layers changed since
    return Split(one, position, choices, decision)


def _keep(
    layer: Segmentation,
    splits: Sequence[Split],
    starts: Mapping[int, int | None],
    *,
    rule: DecisionRule,
    who: User | None,
    by: User,
) -> None:
    wanted = {split.position for split in splits} | {at for at in starts.values() if at is not None}
    rows = positions_of(layer.episode, wanted)
    for split in splits:
        start = starts[split.position]
        SplitDecision.objects.update_or_create(
            segmentation=layer,
            utterance=rows[split.position],
            defaults={
                "start": None if start is None else rows[start],
                "rule": rule,
                "taken_from": who,
                "votes": split.candidate.votes,
                "annotators": split.candidate.annotators,
                "decided_by": by,
            },
        )


def _record(
    layer: Segmentation, *, actor: User, splits: list[int], rule: str, before: Kept
) -> None:
    record_activity(
        "scenes.split_decided",
        project=layer.episode.script.project,
        actor=actor,
        target=layer,
        splits=splits,
        rule=rule,
        before=before,
    )
