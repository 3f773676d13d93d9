import time
from argparse import ArgumentParser
from typing import Any

from curation.access import MANAGING
from curation.access.command_line import actor_for, project_named
from curation.domain.characters import target_named
from curation.domain.dataset_build import build_dataset
from curation.domain.datasets import DatasetError, request_dataset
from curation.domain.training_records import Recipe
from curation.enums import DatasetState, SplitBy
from curation.models import DatasetVersion
from rickproject.lib.commands import VerbCommand

UNFINISHED = {DatasetState.QUEUED, DatasetState.BUILDING}


class Command(VerbCommand):
    help = "Build a dataset version from the approved dialogues of a project."

    def add_verb_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", required=True)
        parser.add_argument("--target", help="needed only where there are several targets")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--split-by", choices=SplitBy.values, default=SplitBy.SCENE.value)
        parser.add_argument("--validation-share", type=float, default=0.1)
        parser.add_argument("--max-tokens", type=int, default=Recipe.max_tokens)
        parser.add_argument("--as", dest="username", help="who builds it; the project's creator")

    def run(self, **options: Any) -> dict[str, Any]:
        project = project_named(options["project"])
        actor = actor_for(project, options["username"], MANAGING)
        dataset = request_dataset(
            project,
            actor=actor,
            target=target_named(project, options["target"]),
            recipe=Recipe(max_tokens=options["max_tokens"]),
            seed=options["seed"],
            split_by=SplitBy(options["split_by"]),
            validation_share=options["validation_share"],
            in_background=False,
        )
        build_dataset(dataset)
        _wait_until_built(dataset)  # a worker may have been faster
        if dataset.state == DatasetState.FAILED:
            raise DatasetError(dataset.error_detail)
        return {
            "summary": f"Dataset {dataset.number} (id {dataset.pk}): {dataset.train_count} records "
            f"to train on, {dataset.validation_count} for validation. It waits for approval.",
            "lines": [f"{f.severity}: {f.message}" for f in dataset.findings.all()],
            "id": dataset.pk,
            "number": dataset.number,
            "sha256": dataset.sha256,
            "train_count": dataset.train_count,
            "validation_count": dataset.validation_count,
            "train_token_count": dataset.train_token_count,
            "state": dataset.state,
        }


def _wait_until_built(dataset: DatasetVersion) -> None:
    dataset.refresh_from_db()
    while dataset.state in UNFINISHED:
        time.sleep(0.5)
        dataset.refresh_from_db()
