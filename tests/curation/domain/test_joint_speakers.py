import pytest

from curation.domain.characters import CharacterError, mark_target
from curation.domain.dialogue_edits import read_members
from curation.domain.dialogue_records import record_lines
from curation.domain.joint_speakers import link_joint_speakers, parts_of, set_members
from curation.domain.proposals import Wish, propose_for_scene
from curation.models import Character, Project
from curation.queries.dataset_sources import source_dialogue
from tests.curation.domain.dialogue_world import World
from tests.factories import CharacterFactory, ProjectFactory
from training.queries.conversations import speaker_names

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


def test_a_joint_line_is_context_said_by_its_members_all_the_way_to_the_chat() -> None:
    world = World(
        "PIP: Is it lit?\nVEX: It is.\nVEX AND PIP: Hooray!\nVEX: Too loud.\nODA + PIP: Sorry.\n"
        "VEX: Quite."
    )
    names = {one.name: one for one in Character.objects.filter(project=world.project)}
    young = CharacterFactory(project=world.project, name="Young Pip", alias_of=names["PIP"])
    oda = CharacterFactory(project=world.project, name="ODA")
    user = world.project.created_by
    set_members(names["VEX AND PIP"], user=user, members=[names["VEX"], young])
    set_members(names["ODA + PIP"], user=user, members=[names["PIP"], oda])

    wish = Wish(world.target, budget=400, cost=0.1)
    found = propose_for_scene(world.scene, wish)
    assert [(one.first.position, one.last.position) for one in found.proposals] == [(0, 5)]
    dialogue = world.submitted(0, 5)
    lines = record_lines(read_members(dialogue), world.target)
    assert [line.speaker for line in lines if not line.is_target] == [
        "PIP",
        "PIP & VEX",
        "PIP & ODA",
    ]
    [line] = [one for one in source_dialogue(dialogue).lines if one.position == 2]
    assert (line.speaker, line.is_target) == ("PIP & VEX", False)
    mark_target(world.target, user=user, is_target=True)
    assert sorted(speaker_names(world.project)) == ["ODA", "PIP", "PIP & ODA"]
