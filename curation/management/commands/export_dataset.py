from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from curation.access.command_line import dataset_numbered
from curation.domain.exports import write_files
from curation.enums import ExportFormat
from rickproject.lib.commands import VerbCommand


class Command(VerbCommand):
    help = "Write the files of an approved dataset version into a folder."

    def add_verb_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", type=int, help="as build_dataset printed it")
        parser.add_argument("--out", type=Path, required=True)
        parser.add_argument(
            "--format", choices=ExportFormat.values, default=ExportFormat.OPENAI_CHAT.value
        )

    def run(self, **options: Any) -> dict[str, Any]:
        files = write_files(
            dataset_numbered(options["id"]),
            options["out"],
            file_format=ExportFormat(options["format"]),
        )
        return {
            "summary": f"Wrote {len(files)} files to {options['out']}.",
            "lines": [f"{digest}  {path.name}  {size} bytes" for path, digest, size in files],
            "files": {path.name: {"sha256": digest, "bytes": size} for path, digest, size in files},
        }
