"""Fine-tuning jobs reach views only through here; strangers get 404."""

from collections.abc import Iterable

from django.contrib.auth.models import AnonymousUser, User
from django.http import Http404

from curation.access import WATCHING, member_project
from curation.enums import Role
from training.models import FineTuneJob, Sweep


def project_job(
    user: User | AnonymousUser, slug: str, pk: int, roles: Iterable[Role] = WATCHING
) -> FineTuneJob:
    """Return a job of a project in which the person holds one of ``roles``.

    Raises:
        Http404: it is another project's, there is none, or the person is no member.
        PermissionDenied: a member, but without one of the roles.
    """
    project = member_project(user, slug, frozenset(roles))
    job = (
        FineTuneJob.objects.filter(pk=pk, project=project)
        .select_related("project", "dataset__target_character", "created_by", "retry_of", "sweep")
        .first()
    )
    if job is None:
        msg = "There is no such job."
        raise Http404(msg)
    return job


def project_sweep(
    user: User | AnonymousUser, slug: str, pk: int, roles: Iterable[Role] = WATCHING
) -> Sweep:
    """Return a sweep of a project in which the person holds one of ``roles``.

    Raises:
        Http404: it is another project's, there is none, or the person is no member.
        PermissionDenied: a member, but without one of the roles.
    """
    project = member_project(user, slug, frozenset(roles))
    rows = Sweep.objects.filter(pk=pk, project=project).select_related("project", "created_by")
    sweep = rows.first()
    if sweep is None:
        msg = "There is no such sweep."
        raise Http404(msg)
    return sweep
