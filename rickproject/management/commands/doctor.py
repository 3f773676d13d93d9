"""``manage.py doctor``: say what is wrong and what to do."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from rickproject import doctor


class Command(BaseCommand):
    """Prints a line for each thing it looked at; exit code 1 when something is wrong."""

    help = "Say what is not running or not installed, and what to do about it."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_args: str, **options: Any) -> None:
        findings = list(doctor.examine())
        if options["json"]:
            self.stdout.write(doctor.as_json(findings))
        else:
            for finding in findings:
                mark = "ok   " if finding.ok else "WRONG"
                remedy = f"\n        {finding.remedy}" if finding.remedy else ""
                self.stdout.write(f"{mark}  {finding.subject}: {finding.detail}{remedy}")
        if not all(finding.ok for finding in findings):
            sys.exit(1)
