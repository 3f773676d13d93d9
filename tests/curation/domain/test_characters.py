import pytest

from curation.domain.characters import CharacterError, mark_target, set_alias
from curation.models import Activity, Project
from tests.factories import CharacterFactory, ProjectFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return ProjectFactory()


def test_mark_target_marks_and_unmarks(project: Project) -> None:
    vex = CharacterFactory(project=project)
    assert mark_target(vex, user=project.created_by, is_target=True).is_target
    assert not mark_target(vex, user=project.created_by, is_target=False).is_target
    assert [row.verb for row in Activity.objects.all()] == [
        "character.made_ordinary",
        "character.made_target",
    ]


def test_mark_target_refuses_an_alias(project: Project) -> None:
    vex = CharacterFactory(project=project, name="VEX")
    old = CharacterFactory(project=project, name="OLD VEX", alias_of=vex)
    with pytest.raises(CharacterError, match="another name of VEX"):
        mark_target(old, user=project.created_by, is_target=True)


def test_set_alias_makes_and_takes_away(project: Project) -> None:
    vex = CharacterFactory(project=project, is_target=True)
    old = CharacterFactory(project=project, is_target=True)
    old = set_alias(old, user=project.created_by, alias_of=vex)
    assert (old.alias_of, old.is_target) == (vex, False)
    assert set_alias(old, user=project.created_by, alias_of=None).alias_of is None


def test_set_alias_refuses_chains_itself_and_other_projects(project: Project) -> None:
    vex, old, pip = (CharacterFactory(project=project) for _ in range(3))
    set_alias(old, user=project.created_by, alias_of=vex)
    for character, main, sentence in (
        (pip, old, "choose that one"),
        (vex, pip, "other names of its own"),
        (pip, pip, "of itself"),
        (pip, CharacterFactory(), "of one project"),
    ):
        with pytest.raises(CharacterError, match=sentence):
            set_alias(character, user=project.created_by, alias_of=main)
    pip.refresh_from_db()
    assert pip.alias_of is None
