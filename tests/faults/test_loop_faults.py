"""kill -9 of every process of ours all along the loop: nothing happens twice, nothing is lost.

The work is asked for by the functions that the pages call; every count is taken from the database.
"""

import hashlib
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.platform import Platform, wait_for
from tests.loop.command_line import CommandLine
from tests.loop.short_script import write_short_script

pytestmark = [pytest.mark.torch, pytest.mark.timeout(1500)]

UPLOAD = """
from django.contrib.auth.models import User
from curation.domain.imports import receive_script
from curation.domain.projects import create_project
mina = User.objects.get(username="mina")
project = create_project("loop", user=mina)
with open({path!r}, "rb") as content:
    receive_script(project, user=mina, file_name="short.csv", content=content)
"""
CONFIRM = """
from curation.domain.imports import confirm_import
from curation.models import Script
script = Script.objects.get()
confirm_import(script, user=script.created_by)
"""
MARK = """
from curation.domain.characters import mark_target
from curation.models import Character
vex = Character.objects.get(name="VEX")
mark_target(vex, user=vex.project.created_by, is_target=True)
"""
BUILD = """
from curation.domain.datasets import request_dataset
from curation.domain.training_records import Recipe
from curation.models import Character
vex = Character.objects.get(name="VEX")
mina = vex.project.created_by
request_dataset(vex.project, actor=mina, target=vex, recipe=Recipe())
"""
EXPORT = """
from curation.domain.exports import request_export
from curation.models import DatasetVersion
dataset = DatasetVersion.objects.get()
request_export(dataset, actor=dataset.created_by)
"""
ONCE = """
SELECT verb, target_id, count(*) FROM curation_activity
WHERE verb IN ('script.imported', 'dataset.built', 'dataset.approved', 'export.requested',
               'model.made', 'job.started', 'dialogue.approved', 'dialogue.submitted')
GROUP BY verb, target_id HAVING count(*) > 1
"""


class Attack:
    """The platform, and ways to hurt it."""

    def __init__(self, shell: CommandLine) -> None:
        self.shell = shell
        self.platform: Platform = shell.platform

    def ask(self, code: str, **values: Any) -> None:
        """Run a few lines that ask for work, in a process of their own."""
        text = code.format(**values) if values else code
        done = self.platform.manage("shell", "--no-imports", "-c", text)
        assert done.returncode == 0, done.stderr

    def kill(self, *roles: str) -> None:
        """Kill whole roles, children and all; one that is being restarted is killed after that."""
        for role in roles:
            wait_for(f"{role} to kill", lambda role=role: self._kill_group(role), seconds=60)

    def _kill_group(self, role: str) -> bool:
        try:
            os.killpg(self.platform.roles[role], signal.SIGKILL)
        except (KeyError, ProcessLookupError):
            return False
        return True

    def kill_trainer(self) -> None:
        """Kill the training process, wherever it is."""
        wait_for("a training process", self.trainers, seconds=90)
        for pid in self.trainers():
            self.platform.kill(pid)

    def trainers(self) -> list[int]:
        """Return the training processes that live."""
        return [pid for pid in self.platform.processes() if b"training.trainer" in _command(pid)]

    def one(self, query: str) -> Any:
        """Return the only value of a query."""
        return self.platform.rows(query)[0][0]

    def state_of(self, table: str) -> str:
        """Return the state of a table's only row."""
        return str(self.one(f"SELECT state FROM {table}"))


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@pytest.fixture
def attack(tmp_path: Path) -> Iterator[Attack]:
    pytest.importorskip("torch")
    pytest.importorskip("peft")
    shell = CommandLine(tmp_path / "var")
    shell.platform.start()
    yield Attack(shell)
    shell.close()


def test_the_loop_goes_on_wherever_it_is_killed(attack: Attack, tmp_path: Path) -> None:
    import_under_fire(attack, write_short_script(tmp_path / "short.csv"))
    approved = decide(attack)
    build_under_fire(attack, approved)
    export_under_fire(attack)
    train_under_fire(attack)
    talk_under_fire(attack)
    assert attack.platform.rows(ONCE) == []
    assert attack.platform.stop() == 0
    assert attack.platform.processes() == []


def import_under_fire(attack: Attack, path: Path) -> None:
    """Kill the workers at the check, and workers and broker at the import."""
    attack.ask(UPLOAD, path=str(path))
    attack.kill("worker-default")
    state = "curation_script"
    wait_for("the check", lambda: attack.state_of(state) == "checked", seconds=150)
    attack.ask(CONFIRM)
    attack.kill("worker-default", "broker")
    wait_for("the import", lambda: attack.state_of(state) == "imported", seconds=200)
    assert attack.one("SELECT count(*) FROM curation_utterance") == 213
    assert attack.one("SELECT count(*) FROM curation_episode") == 2
    counted = "SELECT sum(utterance_count) FROM curation_character"
    assert attack.one(counted) == attack.one(
        "SELECT count(*) FROM curation_utterance WHERE character_id IS NOT NULL"
    )


def decide(attack: Attack) -> int:
    """Cut, propose and approve by the command line while beat and web die beside it."""
    shell, project = attack.shell, ("--project", "loop")
    attack.ask(MARK)
    attack.kill("web", "beat")
    shell.run("suggest_scenes", *project, "--accept")
    shell.run(
        *("propose_dialogues", *project, "--target", "VEX"),
        *("--budget", 192, "--cost", 0.3, "--accept"),
    )
    reviewed = shell.run("approve_dialogues", *project, "--as", "rex")
    wait_for("the web again", lambda: _answers(attack.platform), seconds=60)
    return int(reviewed["approved"])


def build_under_fire(attack: Attack, approved: int) -> None:
    """Kill the broker at once and the workers a moment later."""
    attack.ask(BUILD)
    attack.kill("broker")
    time.sleep(1)
    attack.kill("worker-default")
    done = lambda: attack.state_of("curation_datasetversion") == "waiting"  # noqa: E731
    wait_for("the dataset", done, seconds=240)
    assert attack.one("SELECT count(*) FROM curation_datasetrecord") == approved
    records = "SELECT count(DISTINCT dialogue_id) FROM curation_datasetrecord"
    assert attack.one(records) == approved
    number = attack.one("SELECT id FROM curation_datasetversion")
    attack.shell.run("approve_dataset", number, "--as", "rex")


def export_under_fire(attack: Attack) -> None:
    """Kill workers and broker in one moment; the files are whole and the manifest's."""
    attack.ask(EXPORT)
    attack.kill("worker-default", "broker")
    wait_for("the export", lambda: attack.state_of("curation_export") == "done", seconds=240)
    facts = json.loads(attack.one("SELECT manifest FROM curation_datasetversion"))["files"]
    files = attack.platform.rows("SELECT name, stored_path, sha256 FROM curation_exportfile")
    assert {name for name, _, _ in files} == {"train.jsonl", "validation.jsonl", "manifest.json"}
    for name, stored, sha256 in files:
        content = (attack.platform.var_dir / "exports" / stored).read_bytes()
        assert hashlib.sha256(content).hexdigest() == sha256
        if name != "manifest.json":
            assert sha256 == facts[name.removesuffix(".jsonl")]["sha256"]


def train_under_fire(attack: Attack) -> None:
    """Kill the trainer twice, its worker with it once, and the broker; it resumes to the end."""
    number = attack.one("SELECT id FROM curation_datasetversion")
    attack.shell.run("finetune", "--dataset", number, "--epochs", 2)
    attack.kill_trainer()
    wait_for("a second training process", attack.trainers, seconds=120)
    attack.kill("worker-training", "broker")
    attack.kill_trainer()
    over = ("succeeded", "failed", "cancelled")
    job = "training_finetunejob"
    wait_for("the training", lambda: attack.state_of(job) in over, seconds=700)
    assert attack.state_of(job) == "succeeded", attack.one(f"SELECT error_detail FROM {job}")
    assert attack.one(f"SELECT count(*) FROM {job}") == 1
    assert attack.one("SELECT count(*) FROM training_modelversion WHERE kind='fine_tuned'") == 1
    twice = (
        "SELECT step, name FROM training_metricpoint GROUP BY step, name HAVING count(*) > 1",
        "SELECT event_id FROM training_jobevent GROUP BY event_id HAVING count(*) > 1",
    )
    assert [attack.platform.rows(query) for query in twice] == [[], []]
    steps = attack.platform.rows(
        "SELECT step FROM training_metricpoint WHERE name='train_loss' ORDER BY step"
    )
    assert [step for (step,) in steps] == list(range(1, len(steps) + 1))
    assert steps
    assert attack.trainers() == []


def talk_under_fire(attack: Attack) -> None:
    """Kill the model server; the next one answers with the trained character."""
    before = attack.platform.roles["model"]
    attack.kill("model")
    wait_for(
        "the model server again",
        lambda: attack.platform.roles.get("model", before) != before,
        seconds=60,
    )
    name = attack.one("SELECT name FROM training_modelversion WHERE kind='fine_tuned'")
    said = ("chat", name, "Is the department open?", "--as", "PIP", "--max-tokens", 40, "--json")
    answers: list[str] = []

    def answered() -> bool:
        done = attack.platform.manage(*map(str, said))
        answers.append(done.stdout)
        return done.returncode == 0

    wait_for("a reply", answered, seconds=120)
    assert json.loads(answers[-1])["reply"].strip()


def _answers(platform: Platform) -> bool:
    try:
        return platform.page("/healthz")[0] == 200
    except OSError:
        return False
