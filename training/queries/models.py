"""The registry: a project's models, and what each was made of and by whom."""

import json
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Case, Count, QuerySet, When

from curation.enums import Decision
from curation.models import DatasetVersion, DialogueRevision, Project, Review
from training.enums import ModelStage
from training.models import ModelVersion


@dataclass(frozen=True)
class Deed:
    """What somebody did for a model."""

    person: User
    words: str


@dataclass(frozen=True)
class Lineage:
    """What a model was made of.

    Attributes:
        episodes: codes, in the order of the story.
        utterances: kept lines of all dialogues.
        deeds: of everybody who had a part in it.
    """

    dialogues: int
    utterances: int
    episodes: list[str]
    deeds: list[Deed]


def project_models(project: Project) -> QuerySet[ModelVersion]:
    """Return a project's models: live, candidates, retired; each fine-tuned first, then newest."""
    order = Case(
        When(stage=ModelStage.LIVE, then=0), When(stage=ModelStage.RETIRED, then=2), default=1
    )
    return (
        ModelVersion.objects.filter(project=project)
        .select_related("dataset", "character", "job", "created_by", "project")
        .annotate(talks=Count("conversations"))
        .order_by(order, "-kind", "-created_at", "-pk")
    )


def model_lineage(model: ModelVersion) -> Lineage | None:
    """Return what a model was made of; None where no approved dataset stands behind it."""
    dataset = model.dataset
    if dataset is None or not model.job_id:
        return None
    dialogues = json.loads(dataset.manifest or "{}").get("dialogues", [])
    return Lineage(
        dialogues=len(dialogues),
        utterances=sum(len(each["positions"]) for each in dialogues),
        episodes=list(dict.fromkeys(each["episode"] for each in dialogues)),
        deeds=[*_made(dataset), *_reviewed(dataset), *_decided(dataset, model)],
    )


def _made(dataset: DatasetVersion) -> list[Deed]:
    rows = (
        DialogueRevision.objects.filter(dialogue__records__dataset=dataset, is_taken_back=False)
        .values("author")
        .annotate(number=Count("dialogue", distinct=True))
        .order_by("-number", "author")
    )
    counts = {row["author"]: row["number"] for row in rows}
    return _deeds(counts, "wrote on {} of its dialogues")


def _reviewed(dataset: DatasetVersion) -> list[Deed]:
    rows = (
        Review.objects.filter(dialogue__records__dataset=dataset, decision=Decision.APPROVED)
        .values("reviewer")
        .annotate(number=Count("dialogue", distinct=True))
        .order_by("-number", "reviewer")
    )
    counts = {row["reviewer"]: row["number"] for row in rows}
    return _deeds(counts, "approved {} of its dialogues")


def _deeds(counts: dict[int, int], words: str) -> list[Deed]:
    people = User.objects.in_bulk(counts)
    return [Deed(people[pk], words.format(number)) for pk, number in counts.items()]


def _decided(dataset: DatasetVersion, model: ModelVersion) -> list[Deed]:
    found = [Deed(dataset.created_by, f"built dataset {dataset.number}")]
    if dataset.decided_by:
        found.append(Deed(dataset.decided_by, f"approved dataset {dataset.number}"))
    if model.job:
        found.append(Deed(model.job.created_by, f"started job {model.job.pk}"))
        if model.job.confirmed_by:
            found.append(Deed(model.job.confirmed_by, f"confirmed the cost of job {model.job.pk}"))
    return found
