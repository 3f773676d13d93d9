"""Projects a person works in, how far they are, and what waits for whom."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.db.models import Count, OuterRef, QuerySet, Subquery, TextChoices

from curation.enums import DatasetState, DialogueState, Role, ScriptState, SegmentationState
from curation.models import (
    DatasetVersion,
    Dialogue,
    Episode,
    Invitation,
    Membership,
    Project,
    Script,
    Segmentation,
)


@dataclass(slots=True)
class Progress:
    """How far a project is; counts of rows in it."""

    scripts: int = 0
    utterances: int = 0
    episodes_by_state: dict[str, int] = field(default_factory=dict)
    dialogues_by_state: dict[str, int] = field(default_factory=dict)
    datasets_by_state: dict[str, int] = field(default_factory=dict)

    @property
    def episodes(self) -> int:
        """All episodes of the imported scripts."""
        return sum(self.episodes_by_state.values())

    @property
    def dialogues(self) -> int:
        """All dialogues that were not removed."""
        removed = self.dialogues_by_state.get(DialogueState.REMOVED, 0)
        return sum(self.dialogues_by_state.values()) - removed

    @property
    def approved(self) -> int:
        """Dialogues that a dataset may be made of."""
        return self.dialogues_by_state.get(DialogueState.APPROVED, 0)

    @property
    def episodes_done(self) -> int:
        """Episodes whose scenes were submitted."""
        return self.episodes_by_state.get(SegmentationState.SUBMITTED, 0)

    @property
    def episode_parts(self) -> list[tuple[str, int, str]]:
        """Episodes by state, as the parts of one bar."""
        looks = (
            (SegmentationState.SUBMITTED, "accent"),
            (SegmentationState.IN_PROGRESS, "amber"),
            (SegmentationState.UNTOUCHED, "rule"),
        )
        return _parts(self.episodes_by_state, looks)

    @property
    def dialogue_parts(self) -> list[tuple[str, int, str]]:
        """Dialogues by state, as the parts of one bar."""
        looks = (
            (DialogueState.APPROVED, "accent"),
            (DialogueState.SUBMITTED, "ink"),
            (DialogueState.RETURNED, "amber"),
            (DialogueState.DRAFT, "rule"),
        )
        return _parts(self.dialogues_by_state, looks)

    @property
    def words(self) -> str:
        """Where the project is, in a sentence."""
        if not self.episodes:
            return "Waiting for its script."
        if not self.dialogues:
            return f"{self.episodes_done} of {self.episodes} episodes cut into scenes."
        parts = [f"{self.approved} of {self.dialogues} dialogues approved"]
        if self.datasets_by_state.get(DatasetState.APPROVED):
            parts.append("dataset ready to train on")
        elif self.datasets_by_state.get(DatasetState.WAITING):
            parts.append("dataset waiting for approval")
        return ", ".join(parts) + "."


def _parts(
    numbers: dict[str, int], looks: Iterable[tuple[TextChoices, str]]
) -> list[tuple[str, int, str]]:
    return [(str(state.label), numbers[state], tone) for state, tone in looks if numbers.get(state)]


def projects_of(user: User) -> QuerySet[Project]:
    """Return the projects a person is a member of; a superuser sees all."""
    if user.is_superuser:
        return Project.objects.all()
    return Project.objects.filter(memberships__user=user).distinct()


def progress_of(projects: list[Project]) -> dict[int, Progress]:
    """Return the progress of projects by their id, in four queries however many there are."""
    found = {project.pk: Progress() for project in projects}
    ids = list(found)
    _count_scripts(found, ids)
    agreed = Segmentation.objects.filter(episode=OuterRef("pk"), annotator=None).values("state")
    episodes = (
        Episode.objects.filter(script__project__in=ids, script__state=ScriptState.IMPORTED)
        .annotate(layer=Subquery(agreed))
        .values_list("script__project", "layer")
        .annotate(number=Count("pk"))
        .order_by()
    )
    for project, state, number in episodes:
        known = found[project].episodes_by_state
        name = state or SegmentationState.UNTOUCHED
        known[name] = known.get(name, 0) + number
    for model, name in ((Dialogue, "dialogues_by_state"), (DatasetVersion, "datasets_by_state")):
        rows = (
            model.objects.filter(project__in=ids)
            .values_list("project", "state")
            .annotate(number=Count("pk"))
            .order_by()
        )
        for project, state, number in rows:
            getattr(found[project], name)[state] = number
    return found


def _count_scripts(found: dict[int, Progress], ids: list[int]) -> None:
    rows = Script.objects.filter(project__in=ids, state=ScriptState.IMPORTED).values_list(
        "project", "utterance_count"
    )
    for project, utterances in rows:
        progress = found[project]
        progress.scripts += 1
        progress.utterances += utterances


def members_of(project: Project) -> list[tuple[User, list[Membership]]]:
    """Return the people of a project by name, each with their memberships."""
    people: dict[int, tuple[User, list[Membership]]] = {}
    order = list(Role)
    rows = project.memberships.select_related("user").order_by("user__username")
    for row in rows:
        people.setdefault(row.user_id, (row.user, []))[1].append(row)
    for _, memberships in people.values():
        memberships.sort(key=lambda row: order.index(Role(row.role)))
    return list(people.values())


def open_invitations(project: Project) -> QuerySet[Invitation]:
    """Return what was offered and neither used nor taken back, newest first; too old ones too."""
    offered = Invitation.objects.filter(project=project, revoked_at=None, accepted_at=None)
    return offered.select_related("invited_by")
