import pytest

from curation.domain.characters import CharacterError
from curation.domain.joint_speakers import link_joint_speakers, parts_of, set_members
from curation.models import Project
from tests.factories import CharacterFactory, ProjectFactory

pytestmark = pytest.mark.django_db
KNOWN = {"vex", "pip", "duke of moons"}


@pytest.fixture
def project() -> Project:
    return ProjectFactory()


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Vex & Pip", ["vex", "pip"]),
        ("VEX/PIP", ["vex", "pip"]),
        ("Vex, Pip and Duke of Moons", ["vex", "pip", "duke of moons"]),
        ("Vex und Pip", ["vex", "pip"]),
        ("Smith & Sons", []),
        ("Vex & Vex", []),
        ("Vex", []),
        ("Vex & ", []),
    ],
)
def test_parts_of_knows_speakers_of_several_people(name: str, parts: list[str]) -> None:
    assert parts_of(name, KNOWN) == parts


def test_link_joint_speakers_keeps_members_that_somebody_chose(project: Project) -> None:
    vex, pip, oda = (CharacterFactory(project=project, name=n) for n in ("VEX", "PIP", "ODA"))
    both = CharacterFactory(project=project, name="Vex & Pip", normalised_name="vex & pip")
    names = [one.normalised_name for one in (vex, pip, oda, both)]
    for _ in range(2):
        link_joint_speakers(project, names)
        assert set(both.members.all()) == {vex, pip}
    set_members(both, user=project.created_by, members=[vex, oda])
    link_joint_speakers(project, names)
    assert set(both.members.all()) == {vex, oda}
    set_members(both, user=project.created_by, members=[])
    assert not both.members.exists()


def test_set_members_refuses_what_is_no_group(project: Project) -> None:
    vex, pip, both = (CharacterFactory(project=project) for _ in range(3))
    set_members(both, user=project.created_by, members=[vex, pip])
    third = CharacterFactory(project=project)
    for members, sentence in (
        ([vex], "no group"),
        ([vex, CharacterFactory()], "of one project"),
        ([vex, third], "single speaker"),
        ([vex, both], "single speaker"),
    ):
        with pytest.raises(CharacterError, match=sentence):
            set_members(third, user=project.created_by, members=members)
