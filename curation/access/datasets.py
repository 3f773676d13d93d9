"""Dataset versions and exports of a project."""

from django.contrib.auth.models import AnonymousUser, User
from django.http import Http404

from curation.enums import Role
from curation.models import DatasetVersion, ExportFile

from .projects import MANAGING, REVIEWING, member_project


def project_dataset(
    user: User | AnonymousUser, slug: str, number: int, roles: frozenset[Role] = REVIEWING
) -> DatasetVersion:
    """Return a version of a project by its number.

    Raises:
        Http404: the person is no member, or there is no such version.
        PermissionDenied: a member without one of the roles.
    """
    project = member_project(user, slug, roles)
    dataset = (
        DatasetVersion.objects.filter(project=project, number=number)
        .select_related("project", "target_character", "created_by", "decided_by")
        .first()
    )
    if dataset is None:
        msg = f"There is no dataset {number} in {project.name}."
        raise Http404(msg)
    return dataset


def export_file(user: User | AnonymousUser, slug: str, number: int, pk: int) -> ExportFile:
    """Return a finished export's file, for managers only.

    Raises:
        Http404: it is another project's, or there is none.
        PermissionDenied: a member who is no manager.
    """
    dataset = project_dataset(user, slug, number, MANAGING)
    file = (
        ExportFile.objects.filter(pk=pk, export__dataset=dataset).select_related("export").first()
    )
    if file is None:
        msg = "There is no such file."
        raise Http404(msg)
    return file
