"""Read a project's guidelines."""

from curation.models import GuidelineReading, GuidelineRevision, Project


def current_guidelines(project: Project) -> GuidelineRevision | None:
    """Return the revision in force; None before the first."""
    return project.guidelines.select_related("author").order_by("-number").first()


def read_number(project: Project, user_id: int) -> int:
    """Return the highest revision a person has read; 0 for none."""
    found = GuidelineReading.objects.filter(project=project, user=user_id)
    return found.values_list("number", flat=True).first() or 0
