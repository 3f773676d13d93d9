"""The utterances of an agreed scene, and the scene of an utterance."""

from collections.abc import Mapping

from django.db.models import QuerySet

from curation.models import Boundary, Character, Dialogue, Utterance


def scene_end(scene: Boundary) -> int | None:
    """Return the position at which the next scene of the layer starts; None for the last scene."""
    return (
        Boundary.objects.filter(
            segmentation_id=scene.segmentation_id,
            is_active=True,
            utterance__position__gt=scene.utterance.position,
        )
        .order_by("utterance__position")
        .values_list("utterance__position", flat=True)
        .first()
    )


def scene_utterances(scene: Boundary) -> QuerySet[Utterance]:
    """Return the utterances of a scene in order, each with its character and whom it stands for."""
    rows = Utterance.objects.filter(
        episode_id=scene.utterance.episode_id, position__gte=scene.utterance.position
    )
    end = scene_end(scene)
    if end is not None:
        rows = rows.filter(position__lt=end)
    return rows.select_related("character__alias_of").order_by("position")


def scene_at(utterance: Utterance) -> Boundary | None:
    """Return the agreed scene that holds an utterance; None while the episode has no scenes."""
    return (
        Boundary.objects.filter(
            segmentation__episode_id=utterance.episode_id,
            segmentation__annotator=None,
            is_active=True,
            utterance__position__lte=utterance.position,
        )
        .select_related("utterance", "segmentation")
        .order_by("-utterance__position")
        .first()
    )


def speaks_for(character: Character | None) -> Character | None:
    """Return the character whose lines these are: an alias stands for somebody else."""
    return character.alias_of or character if character else None


def speaker_name(character: Character | None, joint: Mapping[int, str]) -> str:
    """Return how a line's speaker is called in records, empty for nobody.

    Args:
        joint: names of joint speakers by key (``joint_names``).
    """
    speaker = speaks_for(character)
    return joint.get(speaker.pk, speaker.name) if speaker else ""


def is_spoken_by(utterance: Utterance, target: Character) -> bool:
    """Whether the target character, under this or another name, says an utterance."""
    speaker = utterance.character
    return speaker is not None and target.pk in {speaker.pk, speaker.alias_of_id}


def target_choices(project_id: int) -> QuerySet[Character]:
    """Return who dialogues can be made for: the project's targets, or all while there is none.

    Who was a target before and has dialogues stays. They are asked for by name, so that an index
    finds that most characters have none; a join would read every dialogue.
    """
    characters = Character.objects.filter(project_id=project_id, alias_of=None)
    is_target = dict(characters.order_by().values_list("pk", "is_target"))
    others = [pk for pk, is_one in is_target.items() if not is_one]
    dialogues = Dialogue.objects.filter(target_character__in=others).order_by()
    chosen = set(is_target) - set(others)
    chosen |= set(dialogues.values_list("target_character", flat=True).distinct())
    return characters.filter(pk__in=chosen) if chosen else characters


def agreed_scenes(project_id: int) -> QuerySet[Boundary]:
    """Return the agreed scenes of a project in the order of the script."""
    return (
        Boundary.objects.filter(
            segmentation__episode__script__project_id=project_id,
            segmentation__annotator=None,
            is_active=True,
        )
        .select_related("utterance__episode__script", "segmentation")
        .order_by(
            "utterance__episode__season_number",
            "utterance__episode__episode_number",
            "utterance__episode_id",
            "utterance__position",
        )
    )
