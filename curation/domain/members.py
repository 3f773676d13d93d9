"""Who works in a project, and as what."""

from django.contrib.auth.models import User
from django.db import transaction

from curation.enums import Role
from curation.errors import CurationError
from curation.models import Membership, Project

from .activity import record_activity


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
    return membership


@transaction.atomic
def remove_member(membership: Membership, *, actor: User) -> None:
    """Take one role from a person; the work done in it stays.

    Raises:
        MemberError: it is the last manager's.
    """
    others = Membership.objects.filter(project_id=membership.project_id, role=Role.MANAGER).exclude(
        pk=membership.pk
    )
    if membership.role == Role.MANAGER and not others.select_for_update().first():
        msg = "A project needs a manager: make somebody else manager first."
        raise MemberError(msg)
    record_activity(
        "member.removed",
        project=membership.project,
        actor=actor,
        target=membership.user,
        role=membership.role,
    )
    membership.delete()
