"""Learning from agreed episodes how a team cuts its script."""

from celery import shared_task

from curation.domain.speaker_learnings import is_learning_due, learn_from_project
from curation.models import Project
from curation.queries.agreed_layers import projects_with_agreed_layers
from rickproject.lib.queue import sweep_task


@shared_task(name="curation.learn_scenes")
def learn_scenes_task(*, project_id: int) -> None:
    """Let the speaker model learn from one project's agreed episodes."""
    if project := Project.objects.filter(pk=project_id).first():
        learn_from_project(project)


@sweep_task("curation.sweep_learning", every_seconds=30)
def sweep_learning_task() -> None:
    """Send for the projects whose agreed episodes changed."""
    for project in Project.objects.filter(pk__in=projects_with_agreed_layers()):
        if is_learning_due(project):
            learn_scenes_task.delay(project_id=project.pk)
