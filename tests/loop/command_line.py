"""The command line as people use it: each verb a process, answers read as JSON."""

import json
from pathlib import Path
from typing import Any

from tests.faults.platform import Platform, wait_for

MAKE_PEOPLE = """
from django.contrib.auth.models import User
for name in ("mina", "rex"):
    User.objects.create_superuser(name)
"""


class CommandLine:
    """``manage.py`` on a data folder of its own, with two people who may do everything."""

    def __init__(self, var_dir: Path) -> None:
        self.platform = Platform(var_dir)
        self.broker = Platform(var_dir)
        self.var_dir = var_dir
        self._must("migrate", "--verbosity", "0")
        self._must("shell", "--no-imports", "-c", MAKE_PEOPLE)

    def run(self, *arguments: object) -> dict[str, Any]:
        """Run one verb to its end; it must succeed."""
        return dict(json.loads(self._must(*arguments, "--json")))

    def start_model_server(self) -> None:
        """Start what a chat needs: the model server, and the broker, which counts requests."""
        self.broker.start("--only", "broker")
        self.platform.start("--only", "model", until=None)
        port = self.var_dir / "run" / "model-port"
        wait_for("the model server's port", port.exists, seconds=60)

    def close(self) -> None:
        """End whatever runs."""
        self.platform.clean_up()
        self.broker.clean_up()

    def _must(self, *arguments: object) -> str:
        done = self.platform.manage(*map(str, arguments))
        assert done.returncode == 0, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout
