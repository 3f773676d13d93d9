"""B14: the model server, several readers beside one: tokens a second, first token, memory.

Run with ``python -m tests.bench.serving``. A real server process, one CPU thread, an untrained
model that cannot end a reply, asked over HTTP. One reader and eight take turns, of one merged model
and of four adapters over one base that is shared; the memory is that of a fresh process that has
answered once from each of so many adapters, merged and sharing.
"""

from __future__ import annotations

import json
import re
import statistics
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench.dataset_rows import WORDS
from tests.bench.report import Row, at_least, figure, show
from tests.training.serving.conftest import KEY, Server, start_server, stop_server
from training.serving.registry import write_model_entry

if TYPE_CHECKING:
    from collections.abc import Iterator

READERS, TOKENS, RUNS, ADAPTERS = 8, 96, 3, 4
LIMIT = 3.0
BASE_MIB = 6  # of the size below
SHARING = ("--memory-mib", str(3 * BASE_MIB))  # a base that takes a quarter of it is shared
SIZE = "small"
CONTEXT = 512
QUESTION = "Pip: Where is the kettle, and who had it last?"


def make_models(folder: Path) -> Path:
    """Write an untrained base and adapters over it; return the models' directory."""
    import torch
    from peft import LoraConfig, get_peft_model

    from training.trainer.pretraining import new_model
    from training.trainer.tokenizer import train_tokenizer

    texts = [" ".join(WORDS[at:] + WORDS[:at]) + f" {QUESTION}" for at in range(len(WORDS))]
    tokenizer = train_tokenizer(texts, context_length=CONTEXT)
    torch.manual_seed(1)
    model = new_model(tokenizer, size=SIZE)
    tokenizer.add_special_tokens({"eos_token": "<|never|>"})
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.save_pretrained(folder / "base")
    tokenizer.save_pretrained(folder / "base")
    config = LoraConfig(r=8, target_modules="all-linear", task_type="CAUSAL_LM")
    get_peft_model(model, config).save_pretrained(folder / "adapter")
    for name in ("base", *(f"adapter-{number}" for number in range(ADAPTERS))):
        write_model_entry(
            folder / "models",
            name=name,
            base_dir=folder / "base",
            adapter_dir=None if name == "base" else folder / "adapter",
            context_tokens=CONTEXT,
        )
    return folder / "models"


@contextmanager
def serving(folder: Path, models_dir: Path, *arguments: str) -> Iterator[Server]:
    """Run a server of its own."""
    server = start_server(folder, models_dir, *arguments)
    try:
        yield server
    finally:
        stop_server(server)


def ask(server: Server, model: str = "base") -> float:
    """Read one reply of ``TOKENS`` tokens to its end; return the seconds to its first text."""
    body = {
        "model": model,
        "messages": [{"role": "user", "content": QUESTION}],
        "max_tokens": TOKENS,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    request = urllib.request.Request(
        f"{server.url}/v1/chat/completions",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"},
    )
    begun, first, usage = time.perf_counter(), 0.0, b""
    with urllib.request.urlopen(request, timeout=300) as answer:
        for line in answer:
            if not first and b'"content":' in line and b'"content":""' not in line:
                first = time.perf_counter() - begun
            if b'"completion_tokens":' in line:
                usage = line
    if f'"completion_tokens":{TOKENS}'.encode() not in usage:
        raise RuntimeError("a reply was cut short")
    return first


def load(server: Server, models: list[str]) -> tuple[float, list[float]]:
    """Let a reader for each model ask at once; return all tokens a second, and the first tokens."""
    readers, begun = len(models), time.perf_counter()
    with ThreadPoolExecutor(readers) as pool:
        firsts = list(pool.map(lambda model: ask(server, model), models))
    return readers * TOKENS / (time.perf_counter() - begun), firsts


def memory_mib(server: Server) -> float:
    """Return the resident memory of the server's process."""
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def take_turns(
    folder: Path, models_dir: Path, many: list[str], *arguments: str
) -> list[tuple[tuple[float, list[float]], tuple[float, list[float]]]]:
    """Load a server with one reader and with many, in turns."""
    with serving(folder, models_dir, *arguments) as server:
        for name in dict.fromkeys(many):
            ask(server, name)
        return [(load(server, many[:1]), load(server, many)) for _ in range(RUNS)]


def memory_with(
    folder: Path, models_dir: Path, adapters: int, *arguments: str
) -> tuple[float, dict[str, Any]]:
    """Return a fresh server's memory after it answered from so many adapters, and its health."""
    with serving(folder, models_dir, *arguments) as server:
        for number in range(adapters):
            ask(server, f"adapter-{number}")
        return memory_mib(server), server.health()


def main() -> int:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="rickproject-bench-") as name:
        folder = Path(name)
        models_dir = make_models(folder)
        turns = take_turns(folder / "speed", models_dir, ["base"] * READERS)
        mixed = [f"adapter-{number % ADAPTERS}" for number in range(READERS)]
        shared = take_turns(folder / "shared", models_dir, mixed, *SHARING)
        memories = [
            memory_with(folder / f"memory-{at}", models_dir, count, *arguments)
            for at, (count, arguments) in enumerate(
                ((1, ()), (ADAPTERS, ()), (1, SHARING), (ADAPTERS, SHARING))
            )
        ]
    ratios = [many[0] / one[0] for one, many in turns]
    shared_ratios = [many[0] / one[0] for one, many in shared]
    shared_rates = [statistics.median(turn[column][0] for turn in shared) for column in (0, 1)]
    spread = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    rates = [statistics.median(turn[column][0] for turn in turns) for column in (0, 1)]
    firsts = [
        1000 * statistics.median(first for turn in turns for first in turn[column][1])
        for column in (0, 1)
    ]
    what = f"tokens a second of {READERS} readers of one model by those of one reader"
    show(
        at_least(
            "B14",
            what,
            statistics.median(ratios),
            limit=LIMIT,
            unit="x",
            beside=f"of {RUNS} turns: {spread}",
        ),
        Row(
            "B14", "all tokens a second", f"{rates[1]:,.0f} /s", beside=f"{rates[0]:,.0f} /s alone"
        ),
        Row(
            "B14",
            f"first token, median, {READERS} readers at once",
            f"{figure(firsts[1])} ms",
            beside=f"{figure(firsts[0])} ms alone",
        ),
        at_least(
            "B14",
            f"the same of {ADAPTERS} adapters that share a base",
            statistics.median(shared_ratios),
            limit=LIMIT,
            unit="x",
            beside=f"{shared_rates[1]:,.0f} /s together, {shared_rates[0]:,.0f} /s alone",
        ),
        _memory_row("merged", memories[:2]),
        _memory_row("sharing a base", memories[2:]),
    )
    return 0


def _memory_row(how: str, memories: list[tuple[float, dict[str, Any]]]) -> Row:
    (one, health_one), (four, health_four) = memories
    return Row(
        "B14",
        f"memory of the server with {ADAPTERS} adapters, {how}; weights in brackets",
        f"{four:,.0f} MiB ({health_four['used_mib']:,.0f})",
        beside=f"{one:,.0f} MiB ({health_one['used_mib']:,.0f}) with one",
    )


if __name__ == "__main__":
    sys.exit(main())
