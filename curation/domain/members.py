"""Who works in a project, and as what."""

from django.contrib.auth.models import User
from django.db import transaction

from curation.enums import Role
from curation.errors import CurationError
from curation.models import Membership, Project
from curation.queries.assignments import WORKING_ROLES

from .activity import record_activity
from .assigning import release_all
from .projects import become_blind


class MemberError(CurationError):
    """A membership cannot be added or taken away."""

    code = "member"


@transaction.atomic
def add_member(project: Project, *, user: User, role: Role, actor: User) -> Membership:
    """Give an active person a role in the project.

    Raises:
        MemberError: the person holds it already.
    """
    membership, is_new = Membership.objects.get_or_create(project=project, user=user, role=role)
    if not is_new:
        msg = f"{user.username} is {role.label} here already."
        raise MemberError(msg)
    record_activity("member.added", project=project, actor=actor, target=user, role=role.value)
    become_blind(project, actor=actor)
    return membership


@transaction.atomic
def remove_member(membership: Membership, *, actor: User) -> None:
    """Take one role from a person; the work done in it stays.

    The managers' rows are locked in one order, so that two managers who remove each other wait
    for one another instead of locking each other out; the second one is then the last.

    Raises:
        MemberError: it is the last manager's, or somebody else took it away meanwhile.
    """
    managers = Membership.objects.filter(project=membership.project_id, role=Role.MANAGER)
    locked = set(managers.select_for_update().order_by("pk").values_list("pk", flat=True))
    if locked == {membership.pk}:
        msg = "A project needs a manager: make somebody else manager first."
        raise MemberError(msg)
    removed, _ = Membership.objects.filter(pk=membership.pk).delete()
    if not removed:
        msg = f"{membership.user.username} is no longer {membership.role} here already."
        raise MemberError(msg)
    project, person = membership.project, membership.user
    works = Membership.objects.filter(project=project, user=person, role__in=WORKING_ROLES)
    if not works.exists():
        release_all(project, person=person, actor=actor)
    record_activity(
        "member.removed",
        project=membership.project,
        actor=actor,
        target=membership.user,
        role=membership.role,
    )
