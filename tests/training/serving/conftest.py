"""A real server process over models of the smallest size, trained on nothing."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.training.trainer.toy import ROOT, toy_lines
from training.serving.registry import write_model_entry

KEY = "a-key-for-tests"


@dataclass
class Server:
    """A running model server."""

    process: subprocess.Popen[bytes]
    url: str

    def health(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/healthz", timeout=10) as answer:
            body: dict[str, Any] = json.load(answer)
            return body


def start_server(
    directory: Path, models_dir: Path, *arguments: str, environment: dict[str, str] | None = None
) -> Server:
    """Start the real process and wait until it listens."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "key").write_text(f"{KEY}\n")
    port_file = directory / "port"
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "training.serving", "--models-dir", str(models_dir)),
            *("--port-file", str(port_file), "--api-key-file", str(directory / "key"), *arguments),
        ],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
    )
    deadline = time.monotonic() + 120
    while not port_file.exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return Server(process, f"http://127.0.0.1:{int(port_file.read_text())}")


def stop_server(server: Server) -> int:
    server.process.terminate()
    return server.process.wait(timeout=120)


@pytest.fixture(scope="session")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two untrained models: ``babble``, and ``endless`` that cannot end a reply."""
    pytest.importorskip("trl")
    import torch

    from training.trainer.pretraining import new_model, tokenizer_texts
    from training.trainer.spec import BaseSpec
    from training.trainer.tokenizer import train_tokenizer

    place = tmp_path_factory.mktemp("serving")
    base = BaseSpec(kind="script", cache_dir=str(place))
    tokenizer = train_tokenizer(tokenizer_texts(toy_lines(), base), context_length=1024)
    torch.manual_seed(3)
    for name in ("babble", "endless"):
        model = new_model(tokenizer, size="micro")
        if name == "endless":  # its end is a token that the model does not have
            tokenizer.add_special_tokens({"eos_token": "<|never|>"})
            model.generation_config.eos_token_id = tokenizer.eos_token_id
        model.save_pretrained(place / name)
        tokenizer.save_pretrained(place / name)
        write_model_entry(
            place / "models",
            name=name,
            base_dir=place / name,
            adapter_dir=None,
            context_tokens=1024 if name == "endless" else 256,
        )
    return place / "models"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Iterator[Server]:
    running = start_server(tmp_path_factory.mktemp("server"), models_dir)
    yield running
    assert stop_server(running) == 0
