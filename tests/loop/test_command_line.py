"""From a script file to a reply of the trained character, by the command line alone."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.loop.command_line import CommandLine
from tests.loop.hamlet import write_rows
from tests.loop.short_script import write_short_script
from tests.scripts_data import folder

pytestmark = [pytest.mark.torch, pytest.mark.timeout(900)]


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[CommandLine]:
    pytest.importorskip("torch")
    pytest.importorskip("peft")
    line = CommandLine(tmp_path / "var")
    yield line
    line.close()


def run_loop(shell: CommandLine, script: Path, *, target: str, speaker: str) -> dict[str, Any]:
    """Go the whole way and return the reply; every step says what the next one needs."""
    project, out = ("--project", "loop"), script.parent / "out"
    dry = shell.run("import_script", script, *project, "--as", "mina", "--dry-run")
    imported = shell.run(
        "import_script", script, *project, "--as", "mina", "--target", target, "--title", "The play"
    )
    assert imported["utterances"] == dry["utterances"]
    cut = shell.run("suggest_scenes", *project, "--accept")
    assert cut["accepted"] >= imported["episodes"]
    proposal = ("propose_dialogues", *project, "--target", target, "--budget", 256)
    made = shell.run(*proposal, "--cost", 0.3, "--accept")
    assert made["submitted"] == made["proposed"] >= 20
    assert shell.run(*proposal, "--cost", 0.3, "--accept")["proposed"] == 0
    reviewed = shell.run("approve_dialogues", *project, "--as", "rex")
    assert (reviewed["approved"], reviewed["refused"]) == (made["submitted"], [])
    built = shell.run("build_dataset", *project, "--seed", 7)
    assert built["train_count"] + built["validation_count"] == reviewed["approved"]
    again = shell.run("build_dataset", *project, "--seed", 7)
    assert again["sha256"] == built["sha256"]
    assert shell.run("approve_dataset", built["id"], "--as", "rex")["state"] == "approved"
    exported = shell.run("export_dataset", built["id"], "--out", out)["files"]
    for name, facts in exported.items():
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == facts["sha256"]
    trained = shell.run(
        *("finetune", "--dataset", built["id"], "--provider", "local"),
        *("--base", "script-base", "--epochs", 2, "--wait"),
    )
    assert trained["state"] == "succeeded"
    shell.start_model_server()
    said = ("--as", speaker, "--max-tokens", 40, "--seed", 3)
    return shell.run("chat", trained["model"], *said, "My lord, what is the news?")


def test_the_loop_on_two_episodes_of_the_demo_ends_in_a_reply(
    shell: CommandLine, tmp_path: Path
) -> None:
    script = write_short_script(tmp_path / "short.csv")
    answer = run_loop(shell, script, target="VEX", speaker="PIP")
    assert answer["reply"].strip()


@pytest.mark.data
def test_the_loop_on_hamlet_ends_in_a_reply(
    shell: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RICK_SCRIPT_BASE_EPOCHS", "2")  # enough for a sentence, not for a play
    script = tmp_path / "hamlet.csv"
    assert write_rows(folder("shakespeare") / "hamlet.xml", script) > 1200
    answer = run_loop(shell, script, target="HAMLET", speaker="HORATIO")
    assert answer["reply"].strip()
