"""``manage.py prepare``: make the database ready and seed the demo, once."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from curation.demo.people import accounts_file
from curation.demo.seed import seed_demo
from rickproject.config import get_config
from rickproject.preflight import PreflightError, pending_migrations
from training.demo.requests import record_demo_requests


class Command(BaseCommand):
    """Migrates when migrations are pending; seeds the demo into an untouched installation."""

    help = "Migrate the database and, the first time, seed the demo (never into a team's)."
    requires_system_checks = ()

    def handle(self, *_args: str, **options: Any) -> None:
        try:
            pending = pending_migrations()
        except PreflightError as error:
            raise CommandError(str(error), returncode=1) from error
        if pending:
            self.stdout.write(f"Preparing the database ({len(pending)} migrations)")
            call_command("migrate", interactive=False, verbosity=0)
        if not get_config().database_url and not accounts_file().exists():
            self.stdout.write("Seeding the demo project")
            seed_demo(tell=self.stdout.write)
            record_demo_requests()
