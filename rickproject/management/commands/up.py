"""``manage.py up``: start and watch every process of the platform."""

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from rickproject import preflight
from rickproject.config import ROOT, Config, get_config
from rickproject.supervisor.roles import Plan

CHOICES = ("web", "worker", "beat", "broker", "model")


class Command(BaseCommand):
    """Checks what must be true, then becomes the supervisor."""

    help = "Start the broker, the web server, the workers, beat and the model server."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--only", choices=CHOICES, help="run one role, for several machines")
        parser.add_argument("--host", help="address to listen on (default: RICK_HOST)")
        parser.add_argument("--port", type=int, help="port of the pages (default: RICK_PORT)")
        parser.add_argument(
            "--queues", default="", help="with --only worker: one worker for these queues"
        )

    def handle(self, *_args: str, **options: Any) -> None:
        config = get_config()
        if options["queues"] and options["only"] != "worker":
            raise CommandError("--queues goes with --only worker.", returncode=2)
        try:
            plan = self._plan(config, options)
            self._check(plan, config)
        except preflight.PreflightError as error:
            raise CommandError(str(error), returncode=1) from error
        self._become_supervisor(plan)

    def _plan(self, config: Config, options: dict[str, Any]) -> Plan:
        needs_server = not config.redis_url and options["only"] in {None, "broker"}
        return Plan(
            var_dir=config.var_dir.resolve(),
            host=options["host"] or config.host,
            port=options["port"] or config.port,
            web_workers=config.web_workers,
            log_level=config.log_level,
            model_memory_mib=config.model_memory_mib,
            broker_server=str(preflight.broker_server()) if needs_server else "",
            only=options["only"] or "",
            queues=options["queues"],
        )

    def _check(self, plan: Plan, config: Config) -> None:
        if plan.only == "broker" and config.redis_url:
            raise preflight.PreflightError(
                "REDIS_URL is set, so there is no embedded broker to start."
            )
        if plan.only not in {"broker", "model"}:
            preflight.require_migrated_database()
        if plan.only in {"", "web"}:
            preflight.require_free_port(plan.host, plan.port)
        if config.redis_url and plan.only != "model":
            preflight.require_broker(config.redis_url)

    def _become_supervisor(self, plan: Plan) -> None:
        """Replace this process, Django and all, by the small one; the pid stays."""
        os.chdir(ROOT)
        os.environ["RICK_VAR_DIR"] = str(plan.var_dir)
        sys.stdout.flush()
        command = [sys.executable, "-m", "rickproject.supervisor", plan.as_json()]
        os.execv(sys.executable, command)  # noqa: S606  # no shell is the point
