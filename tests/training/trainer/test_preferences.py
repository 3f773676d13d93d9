"""Preference pairs: read, made into tokens, learnt."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.training.trainer.test_job import metrics, run
from tests.training.trainer.toy import NOUNS, make_job
from training.trainer import files
from training.trainer.errors import TrainerError
from training.trainer.preferences import read_preferences
from training.trainer.spec import DPO_LEARNING_RATE, JobSpec

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore::FutureWarning")]
pytest.importorskip("trl")


def pair(noun: str, **changes: Any) -> dict[str, Any]:
    answer, other = (
        [{"role": "assistant", "content": f"The {noun} is {where}."}]
        for where in ("under the stairs", "nobody's business")
    )
    return {
        "input": {"messages": [{"role": "user", "content": f"Pip: Where is the {noun}?"}]},
        "preferred_output": answer,
        "non_preferred_output": other,
    } | changes


def test_preferences_are_learnt_on_top_of_an_adapter(tmp_path: Path, base_cache: Path) -> None:
    from training.trainer.job import run_job

    first = run(tmp_path / "first", cache_dir=base_cache, n_epochs=1)
    spec = make_job(
        tmp_path / "second",
        cache_dir=base_cache,
        train=[pair(noun) for noun in NOUNS],
        validation=[pair("spoon")],
        n_epochs=3,
        batch_size=4,
        learning_rate=0.01,
    )
    raw = spec.as_json() | {
        "objective": "dpo",
        "start_adapter": str(tmp_path / "first" / str(first.adapter_dir)),
    }
    result = run_job(tmp_path / "second", JobSpec.parse(raw))
    assert (result.outcome, result.error_detail) == ("finished", None)
    rows = metrics(tmp_path / "second")
    assert rows[1]["train_loss"] == pytest.approx(0.6931, abs=0.01)  # it prefers neither yet
    assert rows[6]["train_loss"] < rows[1]["train_loss"]
    assert rows[6]["reward_margin"] > 0
    assert "full_valid_reward_accuracy" in rows[6]
    kept = sorted(path.name for path in (tmp_path / "second" / "adapter").iterdir())
    assert kept == ["README.md", "adapter_config.json", "adapter_model.safetensors"]
    for path in (tmp_path / "second" / "checkpoints").rglob("adapter_config.json"):
        assert str(base_cache) not in path.read_text()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"input": {}}, r"no input\.messages"),
        ({"input": {"messages": [{"role": "assistant", "content": "Hm."}]}}, "ends its input"),
        ({"preferred_output": []}, "one message in preferred_output"),
        ({"non_preferred_output": [{"role": "user", "content": "Hm."}]}, "no assistant message"),
        ({"preferred_output": pair("hat")["non_preferred_output"]}, "prefers a reply to itself"),
    ],
)
def test_read_preferences_names_what_is_wrong(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    path = tmp_path / files.TRAIN
    path.write_text(json.dumps(pair("hat")) + "\n" + json.dumps(pair("hat", **changes)) + "\n")
    with pytest.raises(TrainerError, match=words) as caught:
        read_preferences(path)
    assert "Record 2 of train.jsonl" in str(caught.value)


def test_spec_of_preferences_takes_small_steps_and_adapters_only(tmp_path: Path) -> None:
    raw = make_job(tmp_path, cache_dir=tmp_path).as_json() | {"objective": "dpo"}
    raw["hyperparameters"] |= {"learning_rate": None}
    assert JobSpec.parse(raw).hyperparameters.learning_rate == DPO_LEARNING_RATE
    with pytest.raises(TrainerError, match="not in full"):
        JobSpec.parse(raw | {"hyperparameters": {"method": "full"}})
    with pytest.raises(TrainerError, match="for preferences only"):
        JobSpec.parse(raw | {"objective": "sft", "start_adapter": "/a"})
    with pytest.raises(TrainerError, match="objective"):
        JobSpec.parse(raw | {"objective": "magic"})
