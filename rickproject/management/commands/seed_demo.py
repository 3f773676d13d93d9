"""``manage.py seed_demo``: the demo project, its people and their passwords."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from curation.demo.people import accounts_file
from curation.demo.plan import NAME, SLUG
from curation.demo.seed import seed_demo
from rickproject.config import get_config
from rickproject.lib.commands import VerbCommand
from training.demo.requests import record_demo_requests


class Command(VerbCommand):
    """Makes the demo, or finishes it; a finished one is left as it is."""

    help = "Make the demo project with its people; a second run changes nothing."

    def add_verb_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--force", action="store_true", help="also where DATABASE_URL names a team's database"
        )

    def run(self, **options: Any) -> dict[str, Any]:
        if get_config().database_url and not options["force"]:
            msg = (
                "DATABASE_URL names a team's database, so no demo is made in it. "
                "If you want its project and accounts there, say: seed_demo --force"
            )
            raise CommandError(msg, returncode=1)
        is_quiet = options["json"] or options["verbosity"] == 0
        changed = seed_demo(tell=lambda line: None if is_quiet else self.stdout.write(line))
        record_demo_requests()
        path = accounts_file()
        answer: dict[str, Any] = {"project": SLUG, "changed": changed, "accounts": str(path)}
        if changed:
            answer["lines"] = path.read_text(encoding="utf-8").splitlines()
            answer["summary"] = f"{NAME} is ready. Its accounts, kept in {path}:"
        elif path.exists():
            answer["summary"] = f"{NAME} is there already. Its accounts are in {path}."
        else:
            answer["summary"] = (
                f"{NAME} is there already; the file with its passwords is gone. "
                "New ones: manage.py changepassword USER"
            )
        return answer
