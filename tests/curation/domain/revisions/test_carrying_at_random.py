"""Whatever a correction does to a script: scenes partition it, dialogues are sound runs of it."""

import random

import pytest
from django.contrib.auth.models import User

from curation.domain.segmentation import ensure_agreed_layer, ensure_layer
from curation.enums import BoundaryOrigin, DialogueState, Role
from curation.models import Boundary, Character, Dialogue, Episode, Project, Script
from curation.queries.scene_lines import is_spoken_by
from tests.factories import ProjectFactory, make_dialogue, make_member

from .test_carrying import approvals_hold, bring_in, content, texts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]
NAMES = ("PIP", "VEX", "ODA")


@pytest.fixture
def project() -> Project:
    return ProjectFactory()


@pytest.fixture
def manager(project: Project) -> User:
    return make_member(project, Role.MANAGER)


def annotate(script: Script, chance: random.Random, annotator: User) -> None:
    """Cut the episode in two layers at random; approve a dialogue in every scene that has one."""
    episode = Episode.objects.get(script=script)
    rows = list(episode.utterances.select_related("character"))
    layers = [ensure_agreed_layer(episode), ensure_layer(episode, annotator=annotator)]
    for layer in layers:
        Boundary.objects.bulk_create(
            Boundary(
                segmentation=layer,
                utterance=row,
                origin=BoundaryOrigin.PERSON,
                title=f"Scene {row.position}",
                is_active=chance.random() < 0.8,
            )
            for row in rows[1:]
            if chance.random() < 0.3
        )
    scenes = list(
        Boundary.objects.filter(segmentation=layers[0], is_active=True).select_related("utterance")
    )
    ends = [scene.utterance.position for scene in scenes[1:]] + [len(rows)]
    for scene, end in zip(scenes, ends, strict=True):
        spoken = [
            row.position
            for row in rows[scene.utterance.position : end]
            if row.character is not None and row.character.name == "VEX"
        ]
        if spoken:
            first = chance.randint(scene.utterance.position, spoken[-1])
            make_dialogue(scene, first=first, last=spoken[-1], author=annotator)


def corrected(
    lines: list[str], chance: random.Random, *, indexed: bool
) -> tuple[list[str], list[int]]:
    """Change, drop and add lines; indexes stay those of the kept lines where that is asked for."""
    kept: list[tuple[str, int]] = []
    for at, line in enumerate(lines):
        number = 10 * at
        fate = chance.random()
        if fate < 0.12:
            continue
        if fate < 0.2:
            kept.append((f"{chance.choice(NAMES)},New {number}", number - 5))
        kept.append((f"{line}!" if fate > 0.9 else line, number))
    if not kept:
        kept = [("PIP,All new", 0)]
    numbers = [n for _, n in kept] if indexed else list(range(len(kept)))
    return [line for line, _ in kept], numbers


def check_scenes(script: Script) -> None:
    episode = Episode.objects.get(script=script)
    for layer in episode.segmentations.all():
        starts = Boundary.objects.filter(segmentation=layer, is_active=True)
        placed = starts.filter(utterance__episode=episode)
        positions = sorted(placed.values_list("utterance__position", flat=True))
        assert starts.count() == placed.count()
        assert positions[0] == 0


def check_dialogues(script: Script) -> None:
    episode = Episode.objects.get(script=script)
    starts = list(
        Boundary.objects.filter(
            segmentation__episode=episode, segmentation__annotator=None, is_active=True
        ).select_related("utterance")
    )
    for dialogue in Dialogue.objects.exclude(state=DialogueState.REMOVED):
        members = list(dialogue.members.select_related("utterance__character"))
        assert {one.utterance.episode_id for one in members} == {episode.pk}
        places = [one.utterance.position for one in members]
        assert places == list(range(places[0], places[-1] + 1))
        spoken = [one for one in members if not one.is_dropped]
        assert is_spoken_by(spoken[-1].utterance, dialogue.target_character)
        own = [one for one in starts if one.utterance.position <= places[0]][-1]
        later = [one for one in starts if places[0] < one.utterance.position <= places[-1]]
        assert (dialogue.scene_id, later) == (own.pk, [])


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("indexed", [True, False])
def test_a_random_correction_leaves_everything_sound(
    project: Project, manager: User, seed: int, indexed: bool
) -> None:
    chance = random.Random(seed)
    lines = [f"{chance.choice(NAMES)},Line {n % 9}" for n in range(24)]
    lines[-1] = "VEX,The end"
    first = bring_in(project, manager, content(lines, indexes=[10 * n for n in range(24)]))
    Character.objects.filter(normalised_name="vex").update(is_target=True)
    annotate(first, chance, manager)
    changed, numbers = corrected(lines, chance, indexed=indexed)
    second = bring_in(project, manager, content(changed, indexes=numbers), replaces=first)
    assert texts(second) == changed
    assert texts(first) == lines
    assert all(approvals_hold())
    check_scenes(second)
    check_dialogues(second)
