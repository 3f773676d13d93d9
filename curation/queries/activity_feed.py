"""The feed: every step of work in a project, newest first."""

from django.contrib.auth.models import User
from django.db.models import Exists, Model, OuterRef, QuerySet

from curation.models import Activity, Project


def activity_feed(
    project: Project, *, kind: str = "", person: str = ""
) -> QuerySet[Activity, Activity]:
    """Return the steps of a project, newest first.

    Args:
        kind: the noun of the verbs, such as ``dialogue``; empty for all.
        person: a user name; empty for all.
    """
    steps = Activity.objects.filter(project=project).select_related("actor").order_by("-pk")
    if kind:
        steps = steps.filter(verb__startswith=f"{kind}.")
    if person:
        actors = User.objects.filter(username=person).values_list("pk", flat=True)
        steps = steps.filter(actor=actors.first() or 0)  # by its key an index finds the steps
    return steps


def steps_of(target: Model) -> QuerySet[Activity, Activity]:
    """Return the steps of work on one thing, oldest first."""
    steps = Activity.objects.filter(target_type=target._meta.model_name, target_id=target.pk)
    return steps.select_related("actor").order_by("pk")


def activity_people(project: Project) -> list[str]:
    """Return the names of those who did anything in a project."""
    did = Activity.objects.filter(project=project, actor=OuterRef("pk"))
    return list(
        User.objects.filter(Exists(did)).order_by("username").values_list("username", flat=True)
    )
