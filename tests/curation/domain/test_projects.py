import pytest

from curation.access import project_roles
from curation.domain.projects import ProjectNameError, create_project
from curation.enums import Role
from curation.models import Project
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_create_project_makes_its_creator_manager() -> None:
    user = UserFactory()
    project = create_project("the-vex-files", user=user)
    assert (project.name, project_roles(user, project)) == ("The vex files", {Role.MANAGER})


@pytest.mark.parametrize("slug", ["", "With Blanks", "a" * 61, "../x", "taken"])
def test_create_project_refuses_a_bad_or_taken_name(slug: str) -> None:
    create_project("taken", user=UserFactory())
    with pytest.raises(ProjectNameError):
        create_project(slug, user=UserFactory())
    assert Project.objects.count() == 1
