"""The rows of B13: a project at work, as large as it is wanted, among others in one instance.

Not a bench itself. A tile of 10,000 utterances with all that a team makes of them is written
through the models; more of it is copied by the database (``growth_copies``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

TILE = 10_000  # utterances
LINES = 200  # of an episode
SCENE = 20  # lines
EPISODES = TILE // LINES
SETTLED, CUT = 40, 45  # episodes of 50: with dialogues; with all layers; the rest is untouched
WORDS = "the moon is in the fridge again and nobody can say who put it there".split()  # noqa: SIM905


@dataclass
class Rows:
    """One tile, while it is made."""

    project: Any
    script: Any
    voices: list[Any]
    annotators: list[Any]
    reviewer: Any
    manager: Any
    episodes: list[Any] = field(default_factory=list)


def fill(*, utterances: int, projects: int) -> dict[str, Any]:
    """Fill an empty database; return what the measured project is called and who is in it."""
    from tests.bench.growth_copies import multiply
    from tests.bench.growth_talk import dataset, spread_days, talk

    rows = _people()
    _episodes(rows)
    _layers(rows)
    _dialogues(rows)
    talk(rows)
    dataset(rows)
    spread_days()
    multiply(tiles=utterances // TILE, projects=projects)
    return _facts(rows)


def _people() -> Rows:
    from curation.enums import Role, SegmentationMode
    from tests.factories import CharacterFactory, ProjectFactory, ScriptFactory, make_member

    project = ProjectFactory(
        slug="measured", segmentation_mode=SegmentationMode.BLIND, annotators_per_episode=2
    )
    project.dialogue_goal = 1_000_000
    project.save()
    voices = [
        CharacterFactory(project=project, is_target=not n, colour=n, utterance_count=TILE // 6)
        for n in range(6)
    ]
    return Rows(
        project,
        ScriptFactory(project=project, utterance_count=TILE),
        voices,
        [make_member(project, Role.ANNOTATOR) for _ in range(6)],
        make_member(project, Role.REVIEWER),
        make_member(project, Role.MANAGER),
    )


def _episodes(rows: Rows) -> None:
    from curation.models import Episode, Utterance

    rows.episodes = Episode.objects.bulk_create(
        Episode(script=rows.script, season_number=1, episode_number=n + 1, utterance_count=LINES)
        for n in range(EPISODES)
    )
    Utterance.objects.bulk_create(
        Utterance(
            episode=episode,
            position=i,
            row_number=i + 2,
            character=rows.voices[5 - i % 5 if i % 5 < 4 else 0],
            text=" ".join(WORDS[(i * 7 + n) % 14 :] + WORDS[: 3 + i % 11]),
        )
        for episode in rows.episodes
        for i in range(LINES)
        for n in [episode.episode_number]
    )


def _layers(rows: Rows) -> None:
    """Let two annotators cut most episodes, and settle all but a few of those."""
    from curation.enums import SegmentationState
    from curation.models import Activity, Assignment, Boundary, Segmentation, Utterance

    layers = []
    for n, episode in enumerate(rows.episodes[:CUT]):
        pair = [rows.annotators[n % 6], rows.annotators[(n + 1) % 6]]
        for person in [*pair, None] if n < SETTLED else pair:
            state = SegmentationState.SUBMITTED
            layers.append(Segmentation(episode=episode, annotator=person, state=state, revision=9))
    layers = Segmentation.objects.bulk_create(layers)
    lines: dict[tuple[int, int], int] = {
        (episode, position): pk
        for pk, episode, position in Utterance.objects.filter(
            episode__in=rows.episodes
        ).values_list("pk", "episode", "position")
    }
    Boundary.objects.bulk_create(
        Boundary(
            segmentation=layer,
            utterance_id=lines[
                layer.episode_id,
                start + (1 if layer.annotator_id and start and (start + layer.pk) % 5 == 0 else 0),
            ],
            title=f"Scene {start}" if layer.annotator_id is None else "",
            note="They look for the moon." if layer.annotator_id is None else "",
            created_by=rows.manager,
        )
        for layer in layers
        for start in range(0, LINES, SCENE)
    )
    own = [layer for layer in layers if layer.annotator_id]
    Assignment.objects.bulk_create(
        Assignment(
            project=rows.project,
            episode=layer.episode,
            kind="layer",
            person=layer.annotator,
            place=1 + n % 2,
            state="done",
            origin="taken",
            created_by=layer.annotator,
        )
        for n, layer in enumerate(own)
    )
    Activity.objects.bulk_create(
        Activity(
            project=rows.project,
            actor=layer.annotator or rows.manager,
            verb=verb,
            target_type="segmentation",
            target_id=layer.pk,
            target_label=layer.episode.code,
        )
        for layer in layers
        for verb in ["scenes.edited"] * 9 + ["scenes.submitted"]
    )


def _dialogues(rows: Rows) -> None:
    """Make four dialogues of each agreed scene; most are approved, some wait, some are drafts."""
    from django.utils import timezone

    from curation.enums import DialogueState as State
    from curation.models import (
        Activity,
        Boundary,
        Dialogue,
        DialogueRevision,
        DialogueUtterance,
        Review,
        Utterance,
    )

    scenes = Boundary.objects.filter(
        segmentation__annotator=None, segmentation__episode__in=rows.episodes
    ).select_related("utterance")
    states = [State.APPROVED] * 17 + [State.SUBMITTED, State.DRAFT, State.RETURNED]
    made = []
    for scene in scenes.order_by("pk"):
        for part in range(4):
            n = len(made)
            state, author = states[n % 20], rows.annotators[n % 5]
            made.append(
                Dialogue(
                    project=rows.project,
                    scene=scene,
                    target_character=rows.voices[0],
                    state=state,
                    created_by=author,
                    updated_by=author,
                    submitted_by=None if state == State.DRAFT else author,
                    submitted_at=None if state == State.DRAFT else timezone.now(),
                    submission=0 if state == State.DRAFT else 1,
                    approvals=int(state == State.APPROVED),
                )
            )
            made[-1].first = scene.utterance.position + 5 * part
    made = Dialogue.objects.bulk_create(made)
    lines: dict[tuple[int, int], int] = {
        (episode, position): pk
        for pk, episode, position in Utterance.objects.filter(
            episode__in=rows.episodes
        ).values_list("pk", "episode", "position")
    }
    members = {
        one.pk: [lines[one.scene.utterance.episode_id, one.first + n] for n in range(SCENE // 4)]
        for one in made
    }
    DialogueUtterance.objects.bulk_create(
        DialogueUtterance(dialogue=one, utterance_id=line, target_character=rows.voices[0])
        for one in made
        for line in members[one.pk]
    )
    DialogueRevision.objects.bulk_create(
        DialogueRevision(
            dialogue=one,
            revision=1,
            author_id=one.created_by_id,
            members=[
                {"utterance": line, "dropped": False, "text": None} for line in members[one.pk]
            ],
        )
        for one in made
    )
    decided = {State.APPROVED: "approved", State.RETURNED: "returned"}
    Review.objects.bulk_create(
        Review(
            dialogue=one,
            revision=1,
            submission=1,
            reviewer=rows.reviewer,
            project=rows.project,
            author_id=one.created_by_id,
            is_first=True,
            decision=decided[one.state],
            lines_sha256="0" * 64,
            note_sha256="0" * 64,
        )
        for one in made
        if one.state in decided
    )
    Activity.objects.bulk_create(
        Activity(
            project=rows.project,
            actor=rows.reviewer if verb in ("approved", "returned") else one.created_by,
            verb=f"dialogue.{verb}",
            target_type="dialogue",
            target_id=one.pk,
            target_label=f"dialogue {one.pk}",
        )
        for one in made
        for verb in ["created", *["submitted"] * bool(one.submission)]
        + ([decided[one.state]] if one.state in decided else [])
    )


def _facts(rows: Rows) -> dict[str, Any]:
    """Return what the addresses of pages and saves need."""
    from curation.models import Dialogue, Segmentation

    agreed = Segmentation.objects.get(episode=rows.episodes[7], annotator=None)
    waiting = Dialogue.objects.filter(project=rows.project, state="submitted").order_by("pk")
    drafts = Dialogue.objects.filter(project=rows.project, state="draft").order_by("pk")
    scenes = agreed.boundaries.order_by("pk")
    return {
        "slug": rows.project.slug,
        "script": rows.script.pk,
        "manager": rows.manager,
        "reviewer": rows.reviewer,
        "annotator": rows.annotators[5],
        "settled": agreed.episode_id,
        "scene": scenes[2].pk,
        "untouched": [one.pk for one in rows.episodes[CUT:]],
        "waiting": list(waiting.values_list("pk", flat=True)[:60]),
        "draft": drafts[0].pk,
    }
