"""``manage.py prepare``: make the database ready and seed the demo, once."""

from typing import Any

from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError

from rickproject.config import get_config
from rickproject.preflight import PreflightError, pending_migrations


class Command(BaseCommand):
    """Migrates when migrations are pending; seeds the demo into an untouched installation."""

    help = "Migrate the database and, the first time, seed the demo project."
    requires_system_checks = ()

    def handle(self, *_args: str, **options: Any) -> None:
        try:
            pending = pending_migrations()
        except PreflightError as error:
            raise CommandError(str(error), returncode=1) from error
        if pending:
            self.stdout.write(f"Preparing the database ({len(pending)} migrations)")
            call_command("migrate", interactive=False, verbosity=0)
        config = get_config()
        wants_demo = not (config.database_url or (config.var_dir / "demo-accounts").exists())
        if wants_demo and "seed_demo" in get_commands():
            self.stdout.write("Seeding the demo project")
            call_command("seed_demo")
