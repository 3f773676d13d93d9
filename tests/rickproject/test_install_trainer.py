import pytest

from rickproject import install_trainer
from rickproject.install_trainer import install, torch_attempts, wanted_versions

INDEX = "https://download.example.org/cpu"


def attempts(*, gpu: bool) -> list[list[str]]:
    return [arguments for _, arguments in torch_attempts("2.13.0", gpu=gpu, index_url=INDEX)]


def test_torch_attempts_take_the_ordinary_build_where_a_gpu_is() -> None:
    assert attempts(gpu=True) == [["torch==2.13.0"]]


def test_torch_attempts_look_for_the_cpu_build_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install_trainer.sys, "platform", "linux")
    first, second, last = attempts(gpu=False)
    assert first == ["torch==2.13.0+cpu"]
    assert second[:3] == ["torch==2.13.0", "--index-url", INDEX]
    assert last == ["torch==2.13.0"]


def test_torch_attempts_are_one_on_other_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install_trainer.sys, "platform", "darwin")
    assert attempts(gpu=False) == [["torch==2.13.0"]]


def test_wanted_versions_are_those_of_the_training_step() -> None:
    assert set(wanted_versions()) == {
        *("torch", "transformers", "peft", "trl", "datasets", "accelerate", "bitsandbytes"),
    }


def test_install_tries_the_next_build_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install_trainer, "missing_packages", lambda: ["torch", "peft"])
    monkeypatch.setattr(install_trainer, "has_nvidia_gpu", lambda: False)
    monkeypatch.setattr(install_trainer.sys, "platform", "linux")
    asked: list[list[str]] = []
    said: list[str] = []

    def run_pip(arguments: list[str]) -> int:
        asked.append(arguments)
        return int("torch==2.13.0+cpu" in arguments)

    assert install(run_pip, say=said.append) == 0
    assert [arguments[-1] for arguments in asked] == ["torch==2.13.0+cpu", "1", "peft"]
    assert all(arguments.count("-c") >= 1 for arguments in asked)
    assert "CPU build" in said[0]


def test_install_does_nothing_when_all_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install_trainer, "missing_packages", list)
    assert install(lambda _arguments: 1, say=lambda _line: None) == 0


def test_install_fails_when_no_build_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install_trainer, "missing_packages", lambda: ["torch"])
    assert install(lambda _arguments: 1, say=lambda _line: None) == 1
