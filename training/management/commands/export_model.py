from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from curation.access import MANAGING
from curation.access.command_line import UnknownNameError, actor_for
from rickproject.lib.commands import VerbCommand
from training.domain.model_exports import write_model_folder
from training.models import ModelVersion


class Command(VerbCommand):
    help = "Write a model that was trained here as a Hugging Face folder with a model card."

    def add_verb_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("model", help="a model's name, as the chat page shows it")
        parser.add_argument(
            "--out", type=Path, required=True, help="a folder that is not there yet"
        )
        parser.add_argument(
            "--merged", action="store_true", help="base and adapter as one model; needs torch"
        )
        parser.add_argument("--as", dest="user", help="who takes it; the project's creator")

    def run(self, **options: Any) -> dict[str, Any]:
        rows = ModelVersion.objects.select_related("project", "job__dataset", "character")
        version = rows.filter(name=options["model"]).first()
        if version is None:
            raise UnknownNameError(f"There is no model {options['model']!r}.")
        actor_for(version.project, options["user"], MANAGING)
        folder = write_model_folder(version, options["out"], merged=options["merged"])
        return {"summary": f"Written to {folder}.", "model": version.name, "folder": str(folder)}
