"""What waits for one person in a project, the most pressing first."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Count, Q

from curation.enums import DatasetState, DialogueState, Role, ScriptState, SegmentationState
from curation.models import Dialogue, Project, Script
from rickproject.lib.numbers import counted

from .assignments import own_places
from .layers import is_blind, waiting_layers
from .projects import Progress
from .review_queue import decidable_keys

MOST_NAMED = 4
LEAST_RECORDS = 10  # below that no provider trains
_WORKERS = {Role.ANNOTATOR, Role.REVIEWER, Role.MANAGER}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: what waits, the verb of its button, the route it leads to.

    Attributes:
        takes: the route takes work for the person, so that it is a button and no link.
    """

    words: str
    action: str
    route: str
    takes: bool = False


def next_steps(
    project: Project, *, user: User, roles: frozenset[Role], progress: Progress
) -> list[Step]:
    """Return what waits for a person with these roles, in a constant number of queries."""
    steps: list[Step] = []
    if Role.MANAGER in roles:
        steps += _script_steps(project, progress)
    if roles & _WORKERS and progress.episodes:
        steps += _work_steps(project, user, roles, progress)
    if Role.MANAGER in roles:
        steps += _dataset_steps(progress)
    if not steps and progress.datasets_by_state.get(DatasetState.APPROVED):
        words = "A dataset is approved. What is trained on it answers in Chat; you are told then."
        steps.append(Step(words, "Look into the chat", "chat"))
    return steps


def _script_steps(project: Project, progress: Progress) -> list[Step]:
    waiting = {ScriptState.NEEDS_MAPPING, ScriptState.CHECKED}
    number = Script.objects.filter(project=project, state__in=waiting).count()
    if number:
        verb = "waits" if number == 1 else "wait"
        words = f"{counted(number, 'script')} {verb} for your word before the import."
        return [Step(words, "Look at the dry run", "scripts")]
    if not progress.scripts:
        words = "The project has no script yet. A table or a screenplay is enough."
        return [Step(words, "Bring in a script", "scripts")]
    return []


def _work_steps(
    project: Project, user: User, roles: frozenset[Role], progress: Progress
) -> list[Step]:
    mine = Q(created_by=user) | Q(submitted_by=user)
    todo = (DialogueState.RETURNED, DialogueState.DRAFT)
    states = Dialogue.objects.filter(project=project, state__in=todo).aggregate(
        returned=Count("pk", filter=Q(submitted_by=user, state=DialogueState.RETURNED)),
        drafts=Count("pk", filter=mine & Q(state=DialogueState.DRAFT)),
    )
    steps = []
    if states["returned"]:
        words = f"{counted(states['returned'], 'dialogue')} came back to you with a reason."
        steps.append(Step(words, "Mend them", "work"))
    if roles & {Role.REVIEWER, Role.MANAGER}:
        steps += _review_steps(project, user)
    if held := list(own_places(project, user)[:MOST_NAMED]):
        codes = ", ".join(one.episode.code for one in held)
        words = f"In your hands: {codes}{' and more' if len(held) == MOST_NAMED else ''}."
        steps.append(Step(words, "Go on", "work_next", takes=True))
    steps += _cutting_steps(project, user, roles, progress)
    if states["drafts"]:
        words = f"{counted(states['drafts'], 'draft')} of yours not yet submitted."
        steps.append(Step(words, "Finish drafts", "dialogues"))
    if progress.episodes_done and not progress.dialogues:
        steps.append(Step("Scenes are there, dialogues are not.", "Pick dialogues", "dialogues"))
    return steps


def _review_steps(project: Project, user: User) -> list[Step]:
    states = [state for _, state in decidable_keys(project, user)]
    if not states:
        return []
    again = states.count(DialogueState.APPROVED)
    words = f"{counted(len(states), 'dialogue')} by others to be read and decided"
    return [Step(f"{words}, {again} of them again." if again else f"{words}.", "Review", "review")]


def _cutting_steps(
    project: Project, user: User, roles: frozenset[Role], progress: Progress
) -> list[Step]:
    """Return what is to be cut and, where annotators cut blind, what is to be settled."""
    if is_blind(project):
        mine, ready, begun = waiting_layers(project, annotator=user)
        steps = []
        if ready and roles & {Role.REVIEWER, Role.MANAGER}:
            verb = "has" if ready == 1 else "have"
            words = f"{counted(ready, 'episode')} {verb} all layers and no agreed scenes yet."
            steps.append(Step(words, "Settle them", "agreement"))
        if mine:
            unseen = ", unseen by others" if project.annotators_per_episode > 1 else ""
            words = f"{counted(mine, 'episode')} to be cut by you{unseen}."
            steps.append(_cut(words, roles))
        if begun:
            words = f"The team’s scenes of {counted(begun, 'episode')} are not submitted yet."
            steps.append(_cut(words, roles, "Finish them"))
        return steps
    uncut = progress.episodes - progress.episodes_done
    if not uncut:
        return []
    begun = progress.episodes_by_state.get(SegmentationState.IN_PROGRESS, 0)
    words = f"{counted(uncut, 'episode')} to be cut into scenes, {begun} of them begun."
    return [_cut(words, roles)]


def _cut(words: str, roles: frozenset[Role], action: str = "Cut the next") -> Step:
    """Lead annotators to the next episode, taken for them, and others to the list."""
    if Role.ANNOTATOR in roles:
        return Step(words, action, "work_next", takes=True)
    return Step(words, "Cut scenes", "episodes")


def _dataset_steps(progress: Progress) -> list[Step]:
    states = progress.datasets_by_state
    if states.get(DatasetState.APPROVED):
        return [Step("A dataset is approved and may be trained on.", "Train", "jobs")]
    if states.get(DatasetState.WAITING):
        words = "A dataset waits in the admin for somebody who did not build it."
        return [Step(words, "Look at it", "datasets")]
    if progress.approved >= LEAST_RECORDS:
        words = f"{progress.approved:,} approved dialogues are enough for a dataset."
        return [Step(words, "Build a dataset", "datasets")]
    return []
