import pytest

from curation.domain.characters import (
    CharacterError,
    mark_target,
    set_alias,
    undo_character_step,
)
from curation.models import Activity, Character, Project
from tests.factories import (
    CharacterFactory,
    ProjectFactory,
    make_dialogue,
    make_scene,
)

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
        (pip, pip, "of itself"),
        (pip, CharacterFactory(), "of one project"),
    ):
        with pytest.raises(CharacterError, match=sentence):
            set_alias(character, user=project.created_by, alias_of=main)
    pip.refresh_from_db()
    assert pip.alias_of is None


def test_a_merge_brings_other_names_along_and_can_be_undone_and_redone(project: Project) -> None:
    user = project.created_by
    vex, old, cop = (CharacterFactory(project=project, is_target=at == 1) for at in range(3))
    set_alias(cop, user=user, alias_of=old)
    set_alias(old, user=user, alias_of=vex)
    assert {cop_or_old.alias_of for cop_or_old in _fresh(cop, old)} == {vex}
    merge = Activity.objects.filter(verb="character.alias_set").latest("pk")
    undo_character_step(merge, user=user)
    cop, old = _fresh(cop, old)
    assert (cop.alias_of, old.alias_of, old.is_target) == (old, None, True)
    undo_character_step(Activity.objects.latest("pk"), user=user)
    assert {one.alias_of for one in _fresh(cop, old)} == {vex}


def test_undo_character_step_refuses_what_was_changed_since(project: Project) -> None:
    user = project.created_by
    vex, old, pip = (CharacterFactory(project=project) for _ in range(3))
    set_alias(old, user=user, alias_of=vex)
    merge = Activity.objects.latest("pk")
    set_alias(old, user=user, alias_of=pip)
    with pytest.raises(CharacterError, match="changed since"):
        undo_character_step(merge, user=user)
    (old,) = _fresh(old)
    assert old.alias_of == pip
    mark_target(vex, user=user, is_target=True)
    with pytest.raises(CharacterError, match="cannot be undone"):
        undo_character_step(Activity.objects.latest("pk"), user=user)


def test_set_alias_refuses_a_target_with_dialogues() -> None:
    dialogue = make_dialogue(make_scene("PIP: Hello?\nVEX: Hello."))
    pip = Character.objects.get(project=dialogue.project, name="PIP")
    with pytest.raises(CharacterError, match="1 dialogues of its own"):
        set_alias(dialogue.target_character, user=dialogue.created_by, alias_of=pip)
    set_alias(pip, user=dialogue.created_by, alias_of=dialogue.target_character)


def _fresh(*characters: Character) -> list[Character]:
    return [Character.objects.get(pk=one.pk) for one in characters]
