"""Whole jobs in this process, on a base of the smallest size."""

import errno
import json
import math
import re
from pathlib import Path
from typing import Any

import pytest

from tests.training.trainer.toy import make_job, toy_lines, toy_records, write_lines
from training.trainer import files

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore::FutureWarning")]
pytest.importorskip("trl")


def run(job_dir: Path, **fields: Any) -> files.Result:
    from training.trainer.job import run_job

    return run_job(job_dir, make_job(job_dir, **fields))


def metrics(job_dir: Path) -> dict[int, dict[str, Any]]:
    rows: dict[int, dict[str, Any]] = {}
    for event in files.read_events(job_dir)[0]:
        if event.type == "metrics":
            rows.setdefault(event.data["step"], {}).update(event.data)
    return rows


def test_job_trains_and_tells_about_it(tmp_path: Path, base_cache: Path) -> None:
    copied = tmp_path / "tokenizer"
    result = run(
        tmp_path / "job",
        cache_dir=base_cache,
        n_epochs=3,
        learning_rate=0.01,
        tokenizer_copy_to=str(copied),
    )
    assert (result.outcome, result.step, result.total_steps) == ("finished", 6, 6)
    assert files.read_result(tmp_path / "job") == result
    rows = metrics(tmp_path / "job")
    assert sorted(rows) == [0, 1, 2, 3, 4, 5, 6]
    assert rows[6]["full_valid_loss"] < rows[2]["full_valid_loss"]
    assert [step for step, row in rows.items() if "full_valid_loss" in row] == [0, 2, 4, 6]
    assert {"learning_rate", "grad_norm", "tokens_per_second", "memory_mb", "epoch"} <= set(rows[1])
    assert rows[6]["num_tokens"] == result.trained_tokens
    assert [row.step for row in result.checkpoints] == [2, 4, 6]
    assert result.checkpoints[2].valid_loss == rows[6]["full_valid_loss"]
    assert result.context_tokens == 256
    adapter = tmp_path / "job" / str(result.adapter_dir)
    assert (adapter / "adapter_model.safetensors").stat().st_mode & 0o777 == 0o644
    for directory in (adapter, tmp_path / "job" / result.checkpoints[0].path):
        for name in ("adapter_config.json", "README.md"):
            assert str(tmp_path) not in (directory / name).read_text()
            assert str(base_cache) not in (directory / name).read_text()
    assert sorted(path.name for path in copied.iterdir()) == [
        "chat_template.jinja",
        "tokenizer.json",
        "tokenizer_config.json",
    ]


def test_job_judges_the_base_before_the_adapter(tmp_path: Path, base_cache: Path) -> None:
    validation = toy_records(3, start=12)
    result = run(
        tmp_path, cache_dir=base_cache, n_epochs=3, learning_rate=0.01, validation=validation
    )
    before, after = metrics(tmp_path)[0], metrics(tmp_path)[6]
    assert before["full_valid_loss"] == result.base_valid_loss
    assert result.final_valid_loss is not None
    assert result.final_valid_loss < before["full_valid_loss"]
    characters = sum(len(row["messages"][-1]["content"]) for row in validation)
    for loss, bits in (
        (before["full_valid_loss"], result.base_valid_bits_per_character),
        (result.final_valid_loss, after["full_valid_bits_per_character"]),
    ):
        assert bits == pytest.approx(loss / math.log(2) * before["valid_tokens"] / characters)
    told = [event.message for event in files.read_events(tmp_path)[0]]
    assert any(text.startswith("The base alone: validation loss") for text in told)
    assert any(text.startswith("The model that is kept: validation loss") for text in told)


def test_job_judges_every_held_out_token_alike(tmp_path: Path, base_cache: Path) -> None:
    result = run(tmp_path, cache_dir=base_cache, n_epochs=1, batch_size=12)
    # One batch of all validation records: the trainer's own mean is over the same tokens.
    assert result.final_valid_loss == pytest.approx(result.checkpoints[0].valid_loss, rel=1e-4)
    assert result.final_valid_mean_token_accuracy == pytest.approx(
        result.checkpoints[0].valid_mean_token_accuracy, rel=1e-4
    )


def test_job_reuses_the_base_and_gives_the_same_bytes_again(
    tmp_path: Path, base_cache: Path
) -> None:
    adapters = []
    for name in ("a", "b"):
        result = run(tmp_path / name, cache_dir=base_cache)
        adapters.append((tmp_path / name / "adapter" / "adapter_model.safetensors").read_bytes())
    assert adapters[0] == adapters[1]
    assert [event.message for event in files.read_events(tmp_path / "b")[0]][1] == (
        "The base for this script was already there."
    )
    assert (base_cache / str(result.base_dir) / "model.safetensors").exists()
    assert run(tmp_path / "b", cache_dir=base_cache) == result  # a finished job stays as it is


def test_job_stops_early_and_keeps_the_best(tmp_path: Path, base_cache: Path) -> None:
    validation = toy_records(3, start=12)
    for row in validation:
        row["messages"][-1]["content"] = "Nobody asked me about the weather."
    result = run(
        tmp_path,
        cache_dir=base_cache,
        n_epochs=40,
        learning_rate=0.02,
        early_stopping_patience=2,
        validation=validation,
    )
    assert result.outcome == "early_stopped"
    assert result.step < result.total_steps == 80
    best = next(row for row in result.checkpoints if row.step == result.best_step)
    assert result.best_step == result.step - 4
    assert result.final_valid_loss == pytest.approx(best.valid_loss, rel=1e-3)
    kept = (tmp_path / best.path / "adapter_model.safetensors").read_bytes()
    assert (tmp_path / "adapter" / "adapter_model.safetensors").read_bytes() == kept


def test_job_without_validation_keeps_the_last_epoch(tmp_path: Path, base_cache: Path) -> None:
    result = run(tmp_path, cache_dir=base_cache, n_epochs=1, validation=[])
    assert (result.outcome, result.best_step, result.final_valid_loss) == ("finished", 2, None)


def test_job_that_is_cancelled_before_it_begins_trains_nothing(
    tmp_path: Path, base_cache: Path
) -> None:
    files.request_cancel(tmp_path)
    result = run(tmp_path, cache_dir=base_cache)
    assert (result.outcome, result.step, result.adapter_dir) == ("cancelled", 0, None)


@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [
        ({"train": []}, "no_records", "no record"),
        ({"context_length": 20}, "record_too_long", r"Record 1 of train\.jsonl has \d+ tokens"),
        (
            {"base": {"kind": "pretrained", "name_or_path": "nobody/nothing"}},
            "base_missing",
            "neither a directory nor a downloaded",
        ),
    ],
)
def test_job_fails_in_words(
    tmp_path: Path, base_cache: Path, fields: dict[str, Any], code: str, words: str
) -> None:
    result = run(tmp_path, cache_dir=base_cache, **fields)
    assert (result.outcome, result.error_code) == ("failed", code)
    assert result.error_detail is not None
    assert re.search(words, result.error_detail)
    assert files.read_events(tmp_path)[0][-1].level == "error"


def test_job_adapts_a_model_from_a_directory(tmp_path: Path, base_cache: Path) -> None:
    built = run(tmp_path / "first", cache_dir=base_cache, n_epochs=1)
    directory = base_cache / str(built.base_dir)
    base = {"kind": "pretrained", "name_or_path": str(directory)}
    result = run(tmp_path / "second", cache_dir=base_cache, n_epochs=1, base=base)
    assert (result.outcome, result.base_dir, result.base_key) == ("finished", str(directory), None)
    assert result.context_tokens == 1024
    assert (tmp_path / "second/adapter/adapter_model.safetensors").exists()


def test_resolve_directory_refuses_pickled_weights_and_foreign_code(tmp_path: Path) -> None:
    from training.trainer.errors import TrainerError
    from training.trainer.pretrained import resolve_directory
    from training.trainer.spec import BaseSpec

    base = BaseSpec(kind="pretrained", name_or_path=str(tmp_path))
    with pytest.raises(TrainerError, match=r"config\.json"):
        resolve_directory(base)
    (tmp_path / "config.json").write_text(json.dumps({"auto_map": {"AutoModel": "evil.Model"}}))
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(TrainerError, match="safetensors"):
        resolve_directory(base)
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(TrainerError, match="program code"):
        resolve_directory(base)


def test_base_sees_no_held_out_line(tmp_path: Path, base_cache: Path) -> None:
    """The script file is all that tokenizer and base ever read."""
    from training.trainer.pretraining import tokenizer_texts
    from training.trainer.records import read_script
    from training.trainer.windows import script_windows

    spec = make_job(tmp_path, cache_dir=base_cache)
    held_out = "The secret is buried below the lighthouse."
    kept = [line for line in toy_lines() if line.segment != 3]
    write_lines(tmp_path / files.SCRIPT, [vars(line) for line in kept])
    write_lines(
        tmp_path / files.VALIDATION,
        [
            {
                "messages": [
                    {"role": "user", "content": "Pip: What is it?"},
                    {"role": "assistant", "content": held_out},
                ]
            }
        ],
    )
    lines = read_script(tmp_path / files.SCRIPT)
    texts = tokenizer_texts(lines, spec.base)
    for epoch in range(5):
        windows = script_windows(lines, base=spec.base, seed=1, epoch=epoch)
        texts += [message.content for window in windows for message in window]
    assert held_out not in " ".join(texts)
    assert {line.segment for line in lines} == {line.segment for line in kept}


def test_weight_zero_changes_what_is_learnt(tmp_path: Path, base_cache: Path) -> None:
    rows = toy_records(12)
    for row in rows:
        row["messages"] += [
            {"role": "user", "content": "Pip: And then?"},
            {"role": "assistant", "content": "Then it rained.", "weight": 0},
        ]
    run(tmp_path / "a", cache_dir=base_cache, n_epochs=1, train=rows)
    for row in rows:
        row["messages"][-1]["weight"] = 1
    run(tmp_path / "b", cache_dir=base_cache, n_epochs=1, train=rows)
    losses = [metrics(tmp_path / name)[1]["train_loss"] for name in ("a", "b")]
    assert losses[0] != losses[1]


def test_a_failure_while_learning_still_says_what_its_checkpoints_stand_on(
    tmp_path: Path, base_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("training.trainer.job.train_adapter", full)
    result = run(tmp_path, cache_dir=base_cache)
    assert (result.outcome, result.error_code) == ("failed", "disk_full")
    assert result.base_dir == result.base_key
    assert result.context_tokens
