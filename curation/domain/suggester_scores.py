"""How good each suggester was: its scenes against the agreed ones, and what people made of it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from curation.domain.segmentation_metrics import (
    Comparison,
    Measure,
    Undefined,
    compare_segmentations,
)
from curation.enums import NoteDraftState, Suggester, SuggestionState
from curation.models import Episode, Project
from curation.queries.suggester_scores import (
    LEARNED,
    AgreedScenes,
    FirstAnswer,
    agreed_scenes,
    boundary_fates,
    first_answers,
    learned_answers,
    note_fates,
)

NOT_MEASURED = Undefined("It has not suggested scenes of an episode that is agreed by now.")
WORDS = {
    (Suggester.SOURCE, ""): "the source file",
    (Suggester.SPEAKER_MODEL, ""): "speaker model, as built in",
    (Suggester.SPEAKER_MODEL, LEARNED): "speaker model, learned from the team",
}

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Average:
    """The mean over episodes, and how many are in it or left out because it is undefined."""

    value: Measure
    count: int
    left_out: int


@dataclass(slots=True)
class Fates:
    """What became of one suggester's proposals of one kind."""

    accepted: int = 0
    edited: int = 0
    dismissed: int = 0
    waiting: int = 0

    @property
    def decided(self) -> int:
        """Proposals that somebody decided on."""
        return self.accepted + self.edited + self.dismissed

    @property
    def rate(self) -> Measure:
        """Share of the decided ones that were taken, changed or not."""
        if not self.decided:
            return Undefined("Nobody has decided on any yet.")
        return (self.accepted + self.edited) / self.decided


@dataclass(slots=True)
class SuggesterScore:
    """One suggester; ``by_episode`` are its comparisons with the agreed scenes by episode id."""

    key: Key
    scenes: Fates = field(default_factory=Fates)
    notes: Fates = field(default_factory=Fates)
    by_episode: dict[int, Comparison] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Who suggests, in words; a language model bears its own name."""
        suggester, model = self.key
        return WORDS.get((Suggester(suggester), model), model or str(Suggester(suggester).label))

    @property
    def pk(self) -> Average:
        """Mean Pk; lower is better."""
        return _average(one.pk for one in self.by_episode.values())

    @property
    def window_diff(self) -> Average:
        """Mean WindowDiff; lower is better."""
        return _average(one.window_diff for one in self.by_episode.values())

    @property
    def similarity(self) -> Average:
        """Mean boundary similarity; higher is better."""
        return _average(one.similarity for one in self.by_episode.values())

    @property
    def near_f1(self) -> Average:
        """Mean F1, a slip of one line forgiven; higher is better."""
        return _average(one.near.f1 for one in self.by_episode.values())


@dataclass(frozen=True, slots=True)
class SuggesterScores:
    """All suggesters of a project, the most similar first, and the agreed episodes in order."""

    suggesters: tuple[SuggesterScore, ...]
    episodes: tuple[Episode, ...]


def score_suggesters(project: Project) -> SuggesterScores:
    """Compare every suggester's first answer with the agreed scenes and count decisions.

    The first answer is the one before anybody decided anything. The speaker model is measured on
    each agreed episode anew, with what was learned from the others. The number of queries does
    not depend on the number of episodes.
    """
    agreed = agreed_scenes(project)
    found: dict[Key, SuggesterScore] = {}

    def score(key: Key) -> SuggesterScore:
        return found.setdefault(key, SuggesterScore(key))

    answers = {(one.key, one.episode_id): one for one in reversed(first_answers(project))}
    for one in learned_answers(project):
        answers[one.key, one.episode_id] = one
    for (key, episode_id), one in answers.items():
        score(key)
        if episode_id in agreed:
            score(key).by_episode[episode_id] = _compare(agreed[episode_id], one)
    for key, state, is_changed, count in boundary_fates(project):
        _count_boundary(score(key).scenes, state, count, is_changed=is_changed)
    for key, state, count in note_fates(project):
        _count_note(score(key).notes, state, count)
    order = sorted(found.values(), key=lambda one: (-_sortable(one.similarity.value), one.name))
    return SuggesterScores(tuple(order), tuple(one.episode for one in agreed.values()))


def _compare(agreed: AgreedScenes, answer: FirstAnswer) -> Comparison:
    rows = len(agreed.spoken)
    inside = {gap for gap in answer.gaps if 1 <= gap < rows}
    return compare_segmentations(agreed.gaps, inside, rows=rows)


def _average(values: Iterable[Measure]) -> Average:
    every = list(values)
    numbers = [value for value in every if not isinstance(value, Undefined)]
    left_out = len(every) - len(numbers)
    if not numbers:
        return Average(every[0] if every else NOT_MEASURED, 0, left_out)
    return Average(math.fsum(numbers) / len(numbers), len(numbers), left_out)


def _sortable(value: Measure) -> float:
    return -1.0 if isinstance(value, Undefined) else value


def _count_boundary(fates: Fates, state: str, count: int, *, is_changed: bool) -> None:
    if state == SuggestionState.DISMISSED:
        fates.dismissed += count
    elif state == SuggestionState.OPEN:
        fates.waiting += count
    elif is_changed or state == SuggestionState.EDITED:
        fates.edited += count
    else:
        fates.accepted += count


def _count_note(fates: Fates, state: str, count: int) -> None:
    if state == NoteDraftState.ACCEPTED:
        fates.accepted += count
    elif state == NoteDraftState.EDITED:
        fates.edited += count
    elif state == NoteDraftState.DISMISSED:
        fates.dismissed += count
    elif state == NoteDraftState.OPEN:
        fates.waiting += count
