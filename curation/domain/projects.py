"""Projects come into being with their first manager."""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.text import slugify

from curation.enums import Role, SegmentationMode
from curation.errors import CurationError
from curation.models import Membership, Project

from .activity import record_activity


class ProjectNameError(CurationError):
    """The short name cannot be used."""

    code = "project_name"


@transaction.atomic
def create_project(slug: str, *, user: User, name: str = "") -> Project:
    """Create a project; who creates it becomes its manager. Its scenes are cut blind.

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
        segmentation_mode=SegmentationMode.BLIND,
    )
    Membership.objects.create(project=project, user=user, role=Role.MANAGER)
    record_activity("project.created", project=project, actor=user, target=project)
    return project
