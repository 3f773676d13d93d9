"""Which processes there are, and how each is started and stopped."""

import importlib.util
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from rickproject.broker import EmbeddedBroker
from rickproject.supervisor.child import Role

DRAIN_SECONDS = 30.0
WORKER_QUEUES = {"worker-default": "default,export", "worker-training": "training"}
CONCURRENCY = {"worker-default": 2, "worker-training": 1}


@dataclass(frozen=True)
class Plan:
    """What ``up`` was asked to run; ``broker_server`` is empty where REDIS_URL is set."""

    var_dir: Path
    host: str
    port: int
    web_workers: int
    log_level: str
    broker_server: str = ""
    model_memory_mib: int = 2048
    only: str = ""
    queues: str = ""

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        """Read what :meth:`as_json` wrote."""
        values = json.loads(text)
        return cls(**{**values, "var_dir": Path(values["var_dir"])})

    def as_json(self) -> str:
        """Return the plan as one line; it holds no secret."""
        return json.dumps({**asdict(self), "var_dir": str(self.var_dir)})

    @property
    def jobs_dir(self) -> Path:
        """The folder of trainer processes."""
        return self.var_dir / "jobs"

    @property
    def run_dir(self) -> Path:
        """The folder of locks, ports and the state file."""
        return self.var_dir / "run"

    @property
    def reachable_host(self) -> str:
        """The host to connect to from this machine."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104

    @property
    def page_address(self) -> str:
        """Where the pages are."""
        host = self.reachable_host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"


def role_names(plan: Plan) -> list[str]:
    """Return the names of the roles to run, in the order of starting."""
    workers = ["worker"] if plan.queues else list(WORKER_QUEUES)
    by_choice = {
        "broker": ["broker"],
        "web": ["web"],
        "worker": workers,
        "beat": ["beat"],
        "model": ["model"],
    }
    if plan.only:
        return by_choice[plan.only]
    broker = ["broker"] if plan.broker_server else []
    model = ["model"] if can_serve_models() else []
    return [*broker, "web", *workers, "beat", *model]


def make_role(name: str, plan: Plan) -> Role:
    """Return one role, ready to start."""
    if name == "broker":
        command = EmbeddedBroker(plan.var_dir).command(Path(plan.broker_server))
        return Role(name, command, stop_seconds=10)
    if name == "web":
        return Role(name, _web_command(plan), stop_seconds=10)
    if name == "beat":
        return Role(name, _beat_command(plan), stop_seconds=10)
    if name == "model":
        return Role(name, _model_command(plan), stop_seconds=10, vital=False)
    return Role(name, _worker_command(name, plan), stop_seconds=DRAIN_SECONDS)


def can_serve_models() -> bool:
    """Say whether the training step is installed, without importing it."""
    return all(importlib.util.find_spec(name) for name in ("torch", "transformers", "peft"))


def model_address_file(var_dir: Path) -> Path:
    """The file in which the model server notes its port."""
    return var_dir / "run" / "model-port"


def model_key_file(var_dir: Path) -> Path:
    """The file of the model server's key, mode 600."""
    return var_dir / "secrets" / "model-server-key"


def _web_command(plan: Plan) -> list[str]:
    return [
        *(sys.executable, "-m", "uvicorn", "rickproject.asgi:application"),
        *("--host", plan.host, "--port", str(plan.port), "--workers", str(plan.web_workers)),
        *("--timeout-graceful-shutdown", "5", "--no-server-header", "--no-proxy-headers"),
        *("--log-level", plan.log_level.lower(), "--no-access-log", "--lifespan", "off"),
    ]


def _worker_command(name: str, plan: Plan) -> list[str]:
    queues = plan.queues or WORKER_QUEUES[name]
    return [
        *(sys.executable, "-m", "celery", "-A", "rickproject.celery", "worker"),
        *("--hostname", f"{name}@%h", "--queues", queues, "--pool", "prefork"),
        *("--concurrency", str(CONCURRENCY.get(name, 1)), "--loglevel", plan.log_level),
        *("--without-gossip", "--without-mingle"),
    ]


def _beat_command(plan: Plan) -> list[str]:
    return [
        *(sys.executable, "-m", "celery", "-A", "rickproject.celery", "beat"),
        *("--pidfile", "", "--loglevel", plan.log_level),
    ]


def _model_command(plan: Plan) -> list[str]:
    return [
        *(sys.executable, "-m", "training.serving", "--models-dir", str(plan.var_dir / "models")),
        *("--host", "127.0.0.1", "--port", "0"),
        *("--port-file", str(model_address_file(plan.var_dir))),
        *("--api-key-file", str(model_key_file(plan.var_dir))),
        *("--memory-mib", str(plan.model_memory_mib)),
    ]
