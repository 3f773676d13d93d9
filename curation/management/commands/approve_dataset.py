from argparse import ArgumentParser
from typing import Any

from curation.access.command_line import dataset_numbered, person_named
from curation.domain.datasets import approve_dataset
from rickproject.lib.commands import VerbCommand


class Command(VerbCommand):
    help = "Approve a dataset version, as somebody other than its builder."

    def add_verb_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", type=int, help="as build_dataset printed it")
        parser.add_argument("--as", dest="username", required=True)
        parser.add_argument("--reason", default="")

    def run(self, **options: Any) -> dict[str, Any]:
        dataset = approve_dataset(
            dataset_numbered(options["id"]),
            approver=person_named(options["username"]),
            reason=options["reason"],
        )
        return {
            "summary": f"Dataset {dataset.number} of {dataset.project.slug} is approved.",
            "id": dataset.pk,
            "state": dataset.state,
            "sha256": dataset.sha256,
        }
