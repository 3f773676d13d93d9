"""What is said about the work, and what of it is not settled."""

from django.db.models import QuerySet

from curation.models import Dialogue, Project, Thread


def dialogue_threads(dialogue: Dialogue) -> QuerySet[Thread]:
    """Return the threads on a dialogue with all that was said in them, open ones first."""
    return _with_words(Thread.objects.filter(dialogue=dialogue))


def project_threads(project: Project, *, is_resolved: bool) -> QuerySet[Thread]:
    """Return a project's threads on dialogues, open or resolved, the newest first."""
    found = Thread.objects.filter(
        project=project, dialogue__isnull=False, resolved_at__isnull=not is_resolved
    )
    place = "dialogue__scene__utterance__episode"
    return _with_words(found).select_related("opened_by", "resolved_by", place).order_by("-pk")


def count_open_threads(dialogue: Dialogue) -> int:
    """Count the threads on a dialogue that are not resolved."""
    return Thread.objects.filter(dialogue=dialogue, resolved_at__isnull=True).count()


def _with_words(found: QuerySet[Thread]) -> QuerySet[Thread]:
    people = found.select_related("opened_by", "resolved_by")
    return people.prefetch_related("comments__author").order_by("resolved_at", "pk")
