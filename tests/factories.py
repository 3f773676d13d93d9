"""Rows for tests: each factory makes the least that the database accepts."""

import json

import factory
from django.contrib.auth.models import User

from curation import models
from curation.domain.training_records import Recipe
from curation.enums import (
    BoundaryOrigin,
    DatasetState,
    Decision,
    DialogueState,
    Role,
    ScriptState,
    SegmentationState,
)
from curation.queries.dataset_sources import source_dialogue
from rickproject.lib.tokens import script_tokenizer_path
from training import models as training_models
from training.enums import ModelKind, SuggestionKind


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"person{n}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.org")


class ProjectFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Project

    name = factory.Sequence(lambda n: f"Project {n}")
    slug = factory.Sequence(lambda n: f"project-{n}")
    created_by = factory.SubFactory(UserFactory)


class MembershipFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Membership

    project = factory.SubFactory(ProjectFactory)
    user = factory.SubFactory(UserFactory)
    role = Role.ANNOTATOR


class ScriptFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Script

    project = factory.SubFactory(ProjectFactory)
    title = "A script"
    file_name = "script.csv"
    stored_path = factory.Sequence(lambda n: f"{n}.csv")
    byte_size = 1
    sha256 = factory.Sequence(lambda n: f"{n:064x}")
    state = ScriptState.IMPORTED
    created_by = factory.SelfAttribute("project.created_by")


class CharacterFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Character

    project = factory.SubFactory(ProjectFactory)
    name = factory.Sequence(lambda n: f"Speaker {n}")
    normalised_name = factory.LazyAttribute(lambda character: character.name.casefold())


class EpisodeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Episode

    script = factory.SubFactory(ScriptFactory)
    season_number = 1
    episode_number = factory.Sequence(lambda n: n + 1)
    title = "An episode"


class UtteranceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Utterance

    episode = factory.SubFactory(EpisodeFactory)
    position = factory.Sequence(lambda n: n)
    row_number = factory.LazyAttribute(lambda utterance: utterance.position + 2)
    character = factory.SubFactory(
        CharacterFactory, project=factory.SelfAttribute("..episode.script.project")
    )
    text = factory.Sequence(lambda n: f"Line {n}.")


class SegmentationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Segmentation

    episode = factory.SubFactory(EpisodeFactory)


class BoundaryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Boundary

    segmentation = factory.SubFactory(SegmentationFactory)
    utterance = factory.SubFactory(
        UtteranceFactory, episode=factory.SelfAttribute("..segmentation.episode")
    )


class DatasetVersionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.DatasetVersion

    project = factory.SubFactory(ProjectFactory)
    number = factory.Sequence(lambda n: n + 1)
    target_character = factory.SubFactory(
        CharacterFactory, project=factory.SelfAttribute("..project"), is_target=True
    )
    state = DatasetState.APPROVED
    recipe = factory.LazyFunction(lambda: Recipe().as_json())
    seed = 1
    created_by = factory.SelfAttribute("project.created_by")


class FineTuneJobFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = training_models.FineTuneJob

    project = factory.SubFactory(ProjectFactory)
    dataset = factory.SubFactory(DatasetVersionFactory, project=factory.SelfAttribute("..project"))
    provider = "local"
    base_model = "script-base"
    created_by = factory.SelfAttribute("project.created_by")


class ModelVersionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = training_models.ModelVersion

    project = factory.SubFactory(ProjectFactory)
    name = factory.Sequence(lambda n: f"model-{n}")
    served_name = factory.SelfAttribute("name")
    kind = ModelKind.FINE_TUNED
    provider = "local"


class SuggestionRequestFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = training_models.SuggestionRequest

    episode = factory.SubFactory(EpisodeFactory)
    project = factory.SelfAttribute("episode.script.project")
    kind = SuggestionKind.SCENES
    model_name = "house-model"
    server = "http://127.0.0.1:9"
    created_by = factory.SelfAttribute("project.created_by")


def make_scene(
    lines: str,
    *,
    project: models.Project | None = None,
    target: str = "VEX",
    episode_number: int = 1,
) -> models.Boundary:
    """Make an imported episode of one agreed scene from lines such as ``PIP: Hello``.

    The character named ``target`` is the project's target; equal names are one character.
    """
    project = project or ProjectFactory()
    script = models.Script.objects.filter(project=project).first() or ScriptFactory(project=project)
    rows = [line.split(": ", 1) for line in lines.strip().splitlines()]
    episode = EpisodeFactory(
        script=script, episode_number=episode_number, utterance_count=len(rows)
    )
    utterances = []
    for position, (raw_name, text) in enumerate(rows):
        name = raw_name.strip()
        character, _ = models.Character.objects.get_or_create(
            project=project,
            normalised_name=name.casefold(),
            defaults={"name": name, "is_target": name == target},
        )
        utterances.append(
            UtteranceFactory(
                episode=episode, position=position, character=character, text=text.strip()
            )
        )
    layer = SegmentationFactory(episode=episode)
    return BoundaryFactory(segmentation=layer, utterance=utterances[0], origin=BoundaryOrigin.START)


def make_agreed_project(
    count: int, *, scenes: tuple[str, ...] = ("AB", "CD", "AC")
) -> models.Project:
    """Make a project with ``count`` agreed, submitted episodes.

    Of each scene ten lines are spoken in turn by the speakers that its letters name.
    """
    project = ProjectFactory()
    for number in range(1, count + 1):
        names = [scene[at % len(scene)] for scene in scenes for at in range(8 + number)]
        lines = "\n".join(f"{name}: line {at}" for at, name in enumerate(names))
        first = make_scene(lines, project=project, target="A", episode_number=number)
        layer = first.segmentation
        models.Segmentation.objects.filter(pk=layer.pk).update(
            state=SegmentationState.SUBMITTED, revision=1
        )
        for start in range(8 + number, len(names), 8 + number):
            utterance = layer.episode.utterances.get(position=start)
            BoundaryFactory(segmentation=layer, utterance=utterance)
    return project


def make_member(project: models.Project, *roles: Role) -> User:
    """Make a person who holds these roles in the project."""
    user = UserFactory()
    for role in roles:
        MembershipFactory(project=project, user=user, role=role)
    return user


def make_dialogue(
    scene: models.Boundary,
    *,
    state: DialogueState = DialogueState.APPROVED,
    first: int = 0,
    last: int | None = None,
    author: User | None = None,
) -> models.Dialogue:
    """Make a dialogue of a scene's utterances ``first`` to ``last`` (positions) in one revision."""
    utterances = models.Utterance.objects.filter(
        episode=scene.segmentation.episode, position__gte=first
    )
    chosen = [u for u in utterances if last is None or u.position <= last]
    project = scene.segmentation.episode.script.project
    author = author or project.created_by
    target = models.Character.objects.get(project=project, is_target=True)
    dialogue = models.Dialogue.objects.create(
        project=project,
        scene=scene,
        target_character=target,
        state=state,
        created_by=author,
        updated_by=author,
        submitted_by=author if state != DialogueState.DRAFT else None,
    )
    models.DialogueUtterance.objects.bulk_create(
        models.DialogueUtterance(dialogue=dialogue, utterance=u, target_character=target)
        for u in chosen
    )
    models.DialogueRevision.objects.create(
        dialogue=dialogue,
        revision=1,
        author=author,
        members=[{"utterance": u.pk, "dropped": False, "text": None} for u in chosen],
    )
    if state == DialogueState.APPROVED:
        record_approval(dialogue)
    return dialogue


def record_approval(dialogue: models.Dialogue) -> None:
    """Write that somebody approved a dialogue as it is now."""
    read = source_dialogue(dialogue)
    models.Review.objects.create(
        dialogue=dialogue,
        revision=dialogue.revision,
        reviewer=UserFactory(),
        decision=Decision.APPROVED,
        lines_sha256=read.lines_sha256,
        note_sha256=read.note_sha256,
    )


def make_approved_dialogues(count: int) -> models.Project:
    """Make a project with ``count`` approved dialogues of VEX, each in an episode of its own."""
    project = ProjectFactory()
    for number in range(1, count + 1):
        scene = make_scene(
            f"PIP: Question {number}?\nVEX: Answer {number}.",
            project=project,
            episode_number=number,
        )
        make_dialogue(scene)
    return project


def write_script_tokenizer(slug: str, words: list[str]) -> None:
    """Put a tokenizer of whole words where a project's training leaves its own."""
    vocabulary = {word: index for index, word in enumerate(["?", *words])}
    path = script_tokenizer_path(slug)
    path.parent.mkdir(parents=True, exist_ok=True)
    model = {"type": "WordLevel", "vocab": vocabulary, "unk_token": "?"}
    splitter = {"type": "Whitespace"}
    path.write_text(json.dumps({"version": "1.0", "model": model, "pre_tokenizer": splitter}))
