"""The supervisor: starts the roles in order, restarts what dies, stops all in order."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from rickproject.broker import EmbeddedBroker
from rickproject.lib.secret_files import read_or_make, replace_private
from rickproject.supervisor.child import Child
from rickproject.supervisor.locks import RoleLocks
from rickproject.supervisor.roles import Plan, make_role, model_key_file, role_names
from rickproject.supervisor.trainers import end_trainers

ROOT = Path(__file__).resolve().parent.parent.parent
TICK_SECONDS = 0.2
BROKER_START_SECONDS = 10.0
WEB_START_SECONDS = 120.0  # a busy machine is slow, not broken; one that ends is told at once
TRAINER_SAVE_SECONDS = 20.0
AWAITED = ("broker", "web")  # they load side by side; workers start when both answer
# Workers are stopped together; the broker goes last, when nobody needs it any more.
STOP_STAGES = (("web",), ("beat",), ("worker", "worker-default", "worker-training"), ("model",))


class StartError(Exception):
    """A role cannot start; the text is one line that says what to do."""


class Supervisor:
    """Runs the roles of a plan until it is told to stop."""

    def __init__(self, plan: Plan, *, say: Callable[[str], None]) -> None:
        self._plan = plan
        self._say = say
        self._children: dict[str, Child] = {}
        self._locks = RoleLocks(plan.run_dir)
        self._guard: subprocess.Popen[str] | None = None
        self._stop_signal: int | None = None

    def run(self, *, on_ready: Callable[[], None]) -> int:
        """Start everything, watch it, stop it; return the exit code.

        Raises:
            AlreadyRunningError: the data folder is in use.
        """
        os.umask(0o077)
        names = role_names(self._plan)
        self._locks.acquire(names)
        self._listen()
        try:
            self._start_guard()
            self._start_all(names)
            if self._stop_signal is None:
                on_ready()
            return self._watch()
        except StartError as error:
            self._say(str(error))
            return 1
        finally:
            self._stop_all()

    def _listen(self) -> None:
        def note(number: int, _frame: FrameType | None) -> None:
            self._stop_signal = number

        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, note)

    def _start_guard(self) -> None:
        self._guard = subprocess.Popen(  # noqa: S603  # a command of our own
            [
                *(sys.executable, "-S", "-m", "rickproject.supervisor.guard"),
                str(self._plan.jobs_dir.resolve()),
            ],
            stdin=subprocess.PIPE,
            cwd=ROOT,
            text=True,
            process_group=0,
            pass_fds=self._locks.descriptors,
        )

    def _tell_guard(self, message: str) -> None:
        guard = self._guard
        if guard is None or guard.stdin is None or guard.poll() is not None:
            return
        guard.stdin.write(f"{message}\n")
        guard.stdin.flush()

    def _start_all(self, names: list[str]) -> None:
        """Start the roles; what the first page needs first, the rest while it can be read."""
        first = [name for name in names if name in AWAITED]
        for stage in (first, [name for name in names if name not in AWAITED]):
            for name in stage:
                if self._stop_signal is not None:
                    return
                self._start(name)
            for name in stage:
                self._await_first_answer(name, self._children[name])
        self._note_state()

    def _start(self, name: str) -> None:
        self._prepare(name)
        log_dir = self._plan.var_dir / "logs"
        role = make_role(name, self._plan)
        child = Child(role, log_dir=log_dir, report=self._tell_guard)
        self._children[name] = child
        child.start()

    def _prepare(self, name: str) -> None:
        if name == "broker":
            EmbeddedBroker(self._plan.var_dir).move_if_port_is_taken()
        if name == "model":
            (self._plan.var_dir / "models").mkdir(parents=True, exist_ok=True, mode=0o700)
            read_or_make(model_key_file(self._plan.var_dir), lambda: secrets.token_urlsafe(32))

    def _await_first_answer(self, name: str, child: Child) -> None:
        if name == "broker":
            broker = EmbeddedBroker(self._plan.var_dir)
            self._await(child, broker.answers, BROKER_START_SECONDS)
        if name == "web":
            address = (self._plan.reachable_host, self._plan.port)
            self._await(child, lambda: _web_answers(address), WEB_START_SECONDS)

    def _await(self, child: Child, is_up: Callable[[], bool], timeout_seconds: float) -> None:
        deadline = time.monotonic() + timeout_seconds
        while self._stop_signal is None and not is_up():
            if not child.is_running() or time.monotonic() > deadline:
                raise StartError(
                    f"{child.role.name} did not start: {_last_line(child.log_path)} "
                    f"(log: {child.log_path})"
                )
            time.sleep(0.05)

    def _watch(self) -> int:
        while self._stop_signal is None:
            for child in self._children.values():
                code = self._look_after(child)
                if code is not None:
                    return code
            self._look_after_guard()
            time.sleep(TICK_SECONDS)
        return 0

    def _look_after(self, child: Child) -> int | None:
        was_given_up = child.has_given_up
        outcome = child.watch()
        if outcome == "restarted":
            self._say(f"{child.role.name} ended and was started again (log: {child.log_path}).")
            self._note_state()
        if outcome == "failed" and not was_given_up:
            self._say(
                f"{child.role.name} ended {child.failures} times in a row and is given up: "
                f"{_last_line(child.log_path)} (log: {child.log_path})"
            )
            return 1 if child.role.vital else None
        return None

    def _look_after_guard(self) -> None:
        if self._guard and self._guard.poll() is not None:
            self._start_guard()
            for child in self._children.values():
                if child.pid:
                    self._tell_guard(f"+{child.pid}")

    def _stop_all(self) -> None:
        for stage in STOP_STAGES:
            self._stop([self._children[name] for name in stage if name in self._children])
            if "worker" in stage and self._runs_trainers():
                end_trainers(self._plan.jobs_dir, wait_seconds=TRAINER_SAVE_SECONDS)
        self._stop([self._children[name] for name in ("broker",) if name in self._children])
        if self._guard and self._guard.stdin:
            self._guard.stdin.close()
            self._guard.wait()
        self._state_file.unlink(missing_ok=True)
        self._locks.release()

    def _runs_trainers(self) -> bool:
        return any(name.startswith("worker") for name in self._children)

    def _stop(self, children: list[Child]) -> None:
        for child in children:
            child.ask_to_stop()
        for child in children:
            deadline = time.monotonic() + child.role.stop_seconds
            while child.is_running() and time.monotonic() < deadline:
                time.sleep(0.05)
            child.finish()

    @property
    def _state_file(self) -> Path:
        return self._plan.run_dir / f"up{f'-{self._plan.only}' if self._plan.only else ''}.json"

    def _note_state(self) -> None:
        """Note what runs, for ``doctor`` and for people."""
        state = {
            "pid": os.getpid(),
            "address": self._plan.page_address if "web" in self._children else None,
            "roles": {name: child.pid for name, child in self._children.items()},
        }
        replace_private(self._state_file, json.dumps(state, indent=1))


def _web_answers(address: tuple[str, int]) -> bool:
    """Ask for /healthz: whatever is answered, a web process has loaded the application."""
    try:
        with socket.create_connection(address, timeout=2) as peer:
            peer.settimeout(5)
            peer.sendall(b"GET /healthz HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
            return peer.recv(5) == b"HTTP/"
    except OSError:
        return False


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        return "no log"
    return lines[-1][:300] if lines else "no output"
