"""Dialogues as lists show them: where, how far, by whom."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, Max, Min, OuterRef, Q, QuerySet, Subquery

from curation.enums import DialogueState
from curation.models import Boundary, Character, Dialogue, DialogueUtterance, Episode, Project


@dataclass(frozen=True)
class DialogueCounts:
    """How many dialogues there are, by episode and state.

    They are counted where they lie, for which an index is read, so that a page of the list needs
    no more than the dialogues of its own episodes.
    """

    numbers: dict[tuple[int, str], int]

    def of_states(self) -> dict[str, int]:
        """Return the number in each state."""
        found = dict.fromkeys(DialogueState.values, 0)
        for (_, state), number in self.numbers.items():
            found[state] += number
        return found

    def of_episodes(self, state: str) -> Counter[int]:
        """Return the number in each episode: in one state, or all but the removed ones."""
        found: Counter[int] = Counter()
        for (episode, one), number in self.numbers.items():
            if one == state if state else one != DialogueState.REMOVED:
                found[episode] += number
        return found


class ListedDialogues:
    """The dialogues of a project in the order of the script, of which a paginator asks for a part.

    Each has ``first_row`` and ``last_row`` (positions, from 0), ``line_count`` (kept ones) and
    ``last_text``, the line of the character it ends on. Removed ones only if asked for.
    """

    def __init__(
        self,
        project: Project,
        *,
        state: str = "",
        episode: Episode | None = None,
        target: Character | None = None,
    ) -> None:
        self._project = project
        self.counts = _counts(_dialogues(project, episode, target))
        self._by_episode = self.counts.of_episodes(state)
        self._wanted = Q(state=state) if state else ~Q(state=DialogueState.REMOVED)
        if target:
            self._wanted &= Q(target_character=target)

    def count(self) -> int:
        """Return how many there are."""
        return self._by_episode.total()

    def __len__(self) -> int:
        return self.count()

    def __getitem__(self, part: slice) -> list[Dialogue]:
        """Return some of them, reading the episodes in which they are."""
        start, stop = part.start or 0, self.count() if part.stop is None else part.stop
        chosen, before, seen = [], 0, 0
        for pk in self._order():
            number = self._by_episode[pk]
            if seen + number > start and seen < stop:
                chosen.append(pk)
            elif not chosen:
                before += number
            seen += number
        # Without the project: its scenes lead straight to them, by their own index.
        rows = _with_lines(Dialogue.objects.filter(self._wanted, scene__in=_scenes(chosen)))
        return list(rows[start - before : stop - before])

    def _order(self) -> list[int]:
        episodes = Episode.objects.filter(script__project=self._project)
        rows = episodes.order_by("season_number", "episode_number", "pk")
        return [pk for pk in rows.values_list("pk", flat=True) if pk in self._by_episode]


def _dialogues(
    project: Project, episode: Episode | None, target: Character | None
) -> QuerySet[Dialogue]:
    found = Dialogue.objects.filter(project=project)
    if episode:
        found = found.filter(scene__in=_scenes([episode.pk]))
    return found.filter(target_character=target) if target else found


def _scenes(episodes: list[int]) -> list[int]:
    """Return the agreed scenes of episodes, inactive ones too: dialogues hang on them."""
    agreed = Boundary.objects.filter(
        segmentation__episode__in=episodes, segmentation__annotator=None
    )
    return list(agreed.order_by().values_list("pk", flat=True))


def _counts(dialogues: QuerySet[Dialogue]) -> DialogueCounts:
    rows = (
        dialogues.order_by()
        .values_list("scene__segmentation__episode", "state")
        .annotate(number=Count("pk"))
    )
    return DialogueCounts({(episode, state): number for episode, state, number in rows})


def _with_lines(dialogues: QuerySet[Dialogue]) -> QuerySet[Dialogue]:
    ending = DialogueUtterance.objects.filter(dialogue=OuterRef("pk"), is_dropped=False).order_by(
        "-utterance__position"
    )
    return (
        dialogues.select_related("scene__utterance__episode", "target_character", "updated_by")
        .annotate(
            first_row=Min("members__utterance__position"),
            last_row=Max("members__utterance__position"),
            line_count=Count("members", filter=Q(members__is_dropped=False)),
            last_text=Subquery(ending.values("utterance__text")[:1]),
        )
        .order_by(
            "scene__segmentation__episode__season_number",
            "scene__segmentation__episode__episode_number",
            "scene__segmentation__episode",
            "first_row",
            "pk",
        )
    )
