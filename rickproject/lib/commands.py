"""What the command line verbs share: output for machines, exit codes that mean something.

Exit codes: 0 done, 1 a rule refused it (the sentence is on standard error), 2 wrong usage.
"""

import json
import sys
from abc import ABC, abstractmethod
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from rickproject.lib.errors import RickError


class VerbCommand(BaseCommand, ABC):
    """A command that answers with one mapping, as words or as JSON."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        self.add_verb_arguments(parser)

    def add_verb_arguments(self, parser: ArgumentParser) -> None:
        """Add the verb's own arguments."""

    @abstractmethod
    def run(self, **options: Any) -> dict[str, Any]:
        """Do the work and return what happened; the key ``summary`` is a sentence."""

    def handle(self, *_args: str, **options: Any) -> None:
        try:
            answer = self.run(**options)
        except RickError as error:
            if options["json"]:
                self.stdout.write(
                    json.dumps({"error": {"code": error.code, "message": str(error)}})
                )
            raise CommandError(str(error), returncode=1) from error
        if options["json"]:
            self.stdout.write(json.dumps(answer, ensure_ascii=False, default=str))
        else:
            self.stdout.write(str(answer.pop("summary", "")))
            for line in answer.pop("lines", []):
                self.stdout.write(f"  {line}")
        if code := answer.get("exit_code"):
            sys.exit(code)
