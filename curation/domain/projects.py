"""Projects come into being with their first manager."""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.text import slugify

from curation.enums import Role, SegmentationMode
from curation.errors import CurationError
from curation.models import Activity, Membership, Project

from .activity import record_activity

LARGEST_GOAL = 1_000_000
ENOUGH_TO_DIFFER = 2


class ProjectNameError(CurationError):
    """The short name cannot be used."""

    code = "project_name"


class GoalError(CurationError):
    """A goal that no team can mean."""

    code = "dialogue_goal"


@transaction.atomic
def set_dialogue_goal(project: Project, *, goal: int, actor: User) -> Project:
    """Set how many approved dialogues the team wants; the forecast aims at it.

    Raises:
        GoalError: it is not between 1 and ``LARGEST_GOAL``.
    """
    if not 1 <= goal <= LARGEST_GOAL:
        msg = f"Choose a goal of 1 to {LARGEST_GOAL:,} dialogues."
        raise GoalError(msg)
    project.dialogue_goal = goal
    project.save(update_fields=["dialogue_goal"])
    record_activity("project.goal_set", project=project, actor=actor, target=project, goal=goal)
    return project


@transaction.atomic
def create_project(slug: str, *, user: User, name: str = "") -> Project:
    """Create a project; who creates it becomes its manager.

    Its scenes are shared while there is nobody to be blind to, and cut blind from the second
    annotator on; see :func:`become_blind`.

    Raises:
        ProjectNameError: the short name is taken, or holds other than small letters, digits, - _.
    """
    if slug != slugify(slug) or not 0 < len(slug) <= 60:
        msg = f"{slug!r} is no short name: use small letters, digits and hyphens, at most 60."
        raise ProjectNameError(msg)
    if Project.objects.filter(slug=slug).exists():
        msg = f"There is a project {slug!r} already."
        raise ProjectNameError(msg)
    title = name or slug.replace("-", " ").replace("_", " ").capitalize()
    project = Project.objects.create(
        slug=slug,
        name=title[:120],
        created_by=user,
        segmentation_mode=SegmentationMode.SHARED,
    )
    Membership.objects.create(project=project, user=user, role=Role.MANAGER)
    record_activity("project.created", project=project, actor=user, target=project)
    return project


def become_blind(project: Project, *, actor: User) -> bool:
    """Let episodes be cut blind once a project has a second annotator.

    Episodes whose scenes were begun stay the team's. Whoever chose the mode by hand keeps it.

    Returns:
        whether the mode was changed.
    """
    annotators = Membership.objects.filter(project=project, role=Role.ANNOTATOR)
    if annotators.count() != ENOUGH_TO_DIFFER:
        return False
    if Activity.objects.filter(project=project, verb="project.cutting_chosen").exists():
        return False
    changed = Project.objects.filter(
        pk=project.pk, segmentation_mode=SegmentationMode.SHARED
    ).update(segmentation_mode=SegmentationMode.BLIND)
    if changed:
        project.segmentation_mode = SegmentationMode.BLIND
        record_activity(
            "project.cutting_chosen",
            project=project,
            actor=actor,
            target=project,
            mode=SegmentationMode.BLIND,
            annotators=project.annotators_per_episode,
        )
    return bool(changed)
