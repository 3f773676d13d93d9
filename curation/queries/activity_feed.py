"""The feed: every step of work in a project, newest first."""

from django.db.models import QuerySet

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
        steps = steps.filter(actor__username=person)
    return steps


def activity_people(project: Project) -> list[str]:
    """Return the names of those who did anything in a project."""
    names = Activity.objects.filter(project=project, actor__isnull=False).order_by()
    return sorted(set(names.values_list("actor__username", flat=True).distinct()))
