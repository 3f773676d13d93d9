"""Adapters at a team's vLLM server, against a stand-in that answers as vLLM documents it."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from rickproject.config import get_config
from tests.factories import CharacterFactory, ModelVersionFactory, UserFactory
from training.domain.adapter_serving import asked_as, register_adapters
from training.domain.chat import ask, request_body, start_conversation
from training.enums import ModelKind, ModelStage
from training.models import ModelVersion
from training.providers.errors import ProviderError, ProviderUnavailableError
from training.serving.registry import write_model_entry
from training.tasks.jobs import register_adapters_task

pytestmark = pytest.mark.django_db
BASE = "Qwen/Qwen2.5-0.5B-Instruct"


class Vllm(ThreadingHTTPServer):
    """Keeps adapters by name; knows one base and one adapter of somebody else."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.adapters: dict[str, str] = {"from-elsewhere": "/somewhere"}
        self.keys: set[str | None] = set()


class Handler(BaseHTTPRequestHandler):
    server: Vllm

    def do_GET(self) -> None:
        rows = [{"id": BASE, "object": "model", "root": BASE, "parent": None}]
        rows += [{"id": name, "object": "model", "parent": BASE} for name in self.server.adapters]
        self.server.keys.add(self.headers["Authorization"])
        self._answer(200, json.dumps({"object": "list", "data": rows}))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = body["lora_name"]
        if self.path == "/v1/unload_lora_adapter":
            self.server.adapters.pop(name)
            self._answer(200, f"Success: LoRA adapter '{name}' removed successfully.")
        elif "broken" in name:
            error = {"message": "rank 128 is above max_lora_rank", "type": "BadRequestError"}
            self._answer(400, json.dumps({"error": error}))
        else:
            self.server.adapters[name] = body["lora_path"]
            self._answer(200, f"Success: LoRA adapter '{name}' added successfully.")

    def _answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def vllm(monkeypatch: pytest.MonkeyPatch, var_dir: Path) -> Iterator[Vllm]:
    with Vllm() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}/v1"
        monkeypatch.setattr(get_config(), "model_server_url", address)
        monkeypatch.setattr(get_config(), "model_server_adapters", True)
        monkeypatch.setattr(get_config(), "model_server_key", SecretStr("abc"))
        yield server
        server.shutdown()


def tuned(var_dir: Path, name: str, *, base: str = BASE, whole: bool = False) -> ModelVersion:
    adapter = var_dir / "jobs" / name / "adapter"
    adapter.mkdir(parents=True)
    write_model_entry(
        var_dir / "models",
        name=name,
        base_dir="/base",
        adapter_dir=None if whole else adapter,
        context_tokens=512,
    )
    model: ModelVersion = ModelVersionFactory(
        name=name, served_name=name, provider="local", base_model=base, kind=ModelKind.FINE_TUNED
    )
    return model


def test_adapters_of_the_servers_base_are_offered_there(vllm: Vllm, var_dir: Path) -> None:
    tuned(var_dir, "vex-1")
    tuned(var_dir, "of-another-base", base="owner/other")
    tuned(var_dir, "whole-model", whole=True)
    assert register_adapters() == (["vex-1"], [])
    assert vllm.adapters == {
        "from-elsewhere": "/somewhere",
        "vex-1": str(var_dir / "jobs" / "vex-1" / "adapter"),
    }
    assert register_adapters() == ([], [])
    vllm.adapters.clear()  # it was started again
    assert register_adapters() == (["vex-1"], [])
    assert vllm.keys == {"Bearer abc"}


def test_retired_and_deleted_adapters_are_let_go(vllm: Vllm, var_dir: Path) -> None:
    for name in ("retired", "kept"):
        tuned(var_dir, name)
    register_adapters()
    ModelVersion.objects.filter(name="retired").update(stage=ModelStage.RETIRED)
    assert register_adapters() == ([], ["retired"])
    assert sorted(vllm.adapters) == ["from-elsewhere", "kept"]


def test_one_that_is_refused_is_logged_and_keeps_no_other_back(
    vllm: Vllm, var_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tuned(var_dir, "broken")
    tuned(var_dir, "good")
    assert register_adapters() == (["good"], [])
    assert "did not take broken" in caplog.text
    assert "rank 128 is above max_lora_rank" in caplog.text


def test_a_data_folder_that_is_mounted_elsewhere_is_named_as_there(
    vllm: Vllm, var_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_config(), "model_server_folder", "/mnt/rick")
    tuned(var_dir, "vex-1")
    register_adapters()
    assert vllm.adapters["vex-1"] == "/mnt/rick/jobs/vex-1/adapter"


def test_a_server_that_does_not_answer_is_told(
    vllm: Vllm,
    var_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(get_config(), "model_server_url", "http://127.0.0.1:9/v1")
    with pytest.raises(ProviderUnavailableError, match="cannot be reached"):
        register_adapters()
    register_adapters_task()
    assert "no adapter was registered: The model server cannot be reached" in caplog.text


def test_a_base_is_asked_by_its_own_name_there(
    vllm: Vllm, var_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vex = CharacterFactory(name="VEX", is_target=True)
    base = ModelVersionFactory(
        project=vex.project,
        character=vex,
        kind=ModelKind.BASE,
        provider="local",
        served_name="the-vex-files-base-1",
        base_model=BASE,
    )
    talk = start_conversation(vex.project, user=UserFactory(), model=base, speaker_name="")
    reply = ask(talk, text="Who moved the moon?", is_counted=False)
    assert request_body(reply)["model"] == BASE
    monkeypatch.setattr(get_config(), "model_server_adapters", False)
    assert asked_as(base) == "the-vex-files-base-1"
    assert register_adapters() == ([], [])


def test_errors_of_the_server_are_told_in_words(
    vllm: Vllm, var_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Handler, "do_GET", lambda self: self._answer(401, '{"error": "no key"}'))
    with pytest.raises(ProviderError, match=r"refused \(401\). no key"):
        register_adapters()
    monkeypatch.setattr(Handler, "do_GET", lambda self: self._answer(200, "<html>"))
    with pytest.raises(ProviderUnavailableError, match="list of models cannot be read"):
        register_adapters()
