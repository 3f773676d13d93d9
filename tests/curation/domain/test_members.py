"""Who works in a project: added, taken away, never without a manager."""

import pytest

from curation.domain.members import MemberError, add_member, remove_member
from curation.enums import Role
from curation.models import Activity, Membership, Project
from tests.factories import MembershipFactory, ProjectFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    project = ProjectFactory()
    MembershipFactory(project=project, user=project.created_by, role=Role.MANAGER)
    return project


def test_add_member_gives_the_role_and_writes_it_down(project: Project) -> None:
    bo = UserFactory(username="bo")
    membership = add_member(project, user=bo, role=Role.TESTER, actor=project.created_by)
    assert (membership.user, membership.role) == (bo, Role.TESTER)
    step = Activity.objects.get()
    assert (step.verb, step.actor, step.detail) == (
        "member.added",
        project.created_by,
        {"role": "tester"},
    )


def test_add_member_refuses_a_role_already_held(project: Project) -> None:
    bo = UserFactory(username="bo")
    add_member(project, user=bo, role=Role.TESTER, actor=project.created_by)
    with pytest.raises(MemberError, match="bo is tester here already"):
        add_member(project, user=bo, role=Role.TESTER, actor=project.created_by)
    add_member(project, user=bo, role=Role.REVIEWER, actor=project.created_by)
    assert Membership.objects.filter(user=bo).count() == 2


def test_remove_member_keeps_the_last_manager(project: Project) -> None:
    last = project.memberships.get()
    with pytest.raises(MemberError, match="needs a manager"):
        remove_member(last, actor=project.created_by)
    MembershipFactory(project=project, role=Role.MANAGER)
    remove_member(last, actor=project.created_by)
    assert not Membership.objects.filter(pk=last.pk).exists()
    assert Activity.objects.get().verb == "member.removed"
