"""The rows of B8: a project with so many approved dialogues, each of four lines.

Not a bench itself.
"""

from __future__ import annotations

import random
from typing import Any

LINES = 4  # of a dialogue
SCENE = 5  # dialogues
EPISODE = 50  # dialogues
WORDS = [
    "moon",
    "fridge",
    "kettle",
    "ladder",
    "pigeon",
    "lantern",
    "window",
    "bucket",
    "who",
    "put",
    "it",
    "there",
    "again",
    "nobody",
    "can",
    "say",
    "why",
    "the",
    "stairs",
    "are",
    "wet",
    "under",
    "every",
    "second",
    "door",
    "and",
    "where",
    "is",
    "my",
    "left",
    "shoe",
    "tonight",
    "please",
]


def fill(dialogues: int) -> Any:
    """Make a project with so many approved dialogues; return its target character."""
    from tests.factories import CharacterFactory, ProjectFactory, ScriptFactory

    project = ProjectFactory()
    target = CharacterFactory(project=project, is_target=True)
    voices = [CharacterFactory(project=project), target]
    script = ScriptFactory(project=project)
    chance = random.Random(dialogues)
    lines = _utterances(script, voices, dialogues, chance)
    members = [tuple(lines[at : at + LINES]) for at in range(0, len(lines), LINES)]
    _dialogues(target, _scenes(lines, target), members)
    _approve(target)
    return target


def _utterances(script: Any, voices: list[Any], dialogues: int, chance: random.Random) -> list[Any]:
    from curation.models import Episode, Utterance

    length = EPISODE * LINES
    episodes = Episode.objects.bulk_create(
        Episode(script=script, season_number=1, episode_number=n + 1, utterance_count=length)
        for n in range(-(-dialogues // EPISODE))
    )
    return Utterance.objects.bulk_create(
        [
            Utterance(
                episode=episodes[n // length],
                position=n % length,
                row_number=n + 2,
                character=voices[n % 2],
                text=" ".join(chance.choices(WORDS, k=chance.randint(4, 18))).capitalize() + ".",
            )
            for n in range(dialogues * LINES)
        ],
        batch_size=500,
    )


def _scenes(lines: list[Any], target: Any) -> list[Any]:
    from curation.models import Boundary, Segmentation

    layers = Segmentation.objects.bulk_create(
        Segmentation(episode=line.episode, revision=1) for line in lines if not line.position
    )
    found = {layer.episode_id: layer for layer in layers}
    return Boundary.objects.bulk_create(
        Boundary(
            segmentation=found[line.episode_id],
            utterance=line,
            title="In the kitchen",
            note="They look for the moon.",
            created_by=target.project.created_by,
        )
        for line in lines
        if line.position % (SCENE * LINES) == 0
    )


def _dialogues(target: Any, scenes: list[Any], members: list[tuple[Any, ...]]) -> None:
    from curation.enums import DialogueState
    from curation.models import Dialogue, DialogueRevision, DialogueUtterance

    author = target.project.created_by
    made = Dialogue.objects.bulk_create(
        Dialogue(
            project=target.project,
            scene=scenes[n // SCENE],
            target_character=target,
            state=DialogueState.APPROVED,
            created_by=author,
            updated_by=author,
            submitted_by=author,
        )
        for n in range(len(members))
    )
    DialogueUtterance.objects.bulk_create(
        DialogueUtterance(dialogue=one, utterance=line, target_character=target)
        for one, lines in zip(made, members, strict=True)
        for line in lines
    )
    DialogueRevision.objects.bulk_create(
        DialogueRevision(
            dialogue=one,
            revision=1,
            author=author,
            members=[{"utterance": line.pk, "dropped": False, "text": None} for line in lines],
        )
        for one, lines in zip(made, members, strict=True)
    )


def _approve(target: Any) -> None:
    """Record an approval of each dialogue as it is."""
    from curation.enums import Decision
    from curation.models import Review
    from curation.queries.dataset_sources import approved_dialogues
    from tests.factories import UserFactory

    reviewer, project = UserFactory(), target.project
    Review.objects.bulk_create(
        Review(
            dialogue_id=source.pk,
            revision=source.revision,
            reviewer=reviewer,
            decision=Decision.APPROVED,
            lines_sha256=source.lines_sha256,
            note_sha256=source.note_sha256,
            submission=1,
            is_first=True,
            project=project,
            author=project.created_by,
        )
        for source in approved_dialogues(target)
    )
