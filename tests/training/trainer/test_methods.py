"""Full training and QLoRA on a base of the smallest size."""

from pathlib import Path

import pytest

from tests.training.trainer.test_job import metrics, run
from tests.training.trainer.toy import toy_records
from training.trainer import checkpoints as saved
from training.trainer import resources

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore::FutureWarning")]
pytest.importorskip("trl")
pytest.importorskip("bitsandbytes")


def test_full_training_leaves_a_whole_model_that_speaks(tmp_path: Path, base_cache: Path) -> None:
    from training.trainer import pretrained

    result = run(tmp_path, cache_dir=base_cache, method="full", learning_rate=0.005)
    assert (result.outcome, result.adapter_dir, result.model_dir) == ("finished", None, "model")
    assert result.final_valid_loss is not None
    assert result.base_valid_loss is not None
    assert result.final_valid_loss < result.base_valid_loss
    folder = tmp_path / "model"
    assert pretrained.load_tokenizer(folder).chat_template
    before = pretrained.load_model(base_cache / str(result.base_dir)).state_dict()
    after = pretrained.load_model(folder).state_dict()
    assert before.keys() == after.keys()
    assert any(not before[name].equal(after[name]) for name in before)
    whole = saved.whole_checkpoints(tmp_path / "checkpoints")
    assert [path.name for path in whole] == ["checkpoint-2", "checkpoint-4"]
    for path in (*folder.iterdir(), *(whole[0] / "config.json", whole[0] / "README.md")):
        assert path.suffix == ".safetensors" or str(base_cache) not in path.read_text()


def test_qlora_learns_over_a_base_of_four_bits(tmp_path: Path, base_cache: Path) -> None:
    from peft import PeftModel

    from training.trainer import pretrained

    plain = run(tmp_path / "plain", cache_dir=base_cache, n_epochs=1)
    result = run(tmp_path / "small", cache_dir=base_cache, n_epochs=1, method="qlora")
    assert (result.outcome, result.adapter_dir) == ("finished", "adapter")
    losses = [metrics(tmp_path / name)[0]["full_valid_loss"] for name in ("plain", "small")]
    assert losses[0] != losses[1]  # the base really is another one in four bits
    assert losses[0] == pytest.approx(losses[1], rel=0.1)
    base = base_cache / str(plain.base_dir)
    quantised = pretrained.load_model(base, method="qlora")
    assert quantised.is_loaded_in_4bit
    assert quantised.get_memory_footprint() < pretrained.load_model(base).get_memory_footprint()
    # The chat serves the adapter over the base as it is, in full precision.
    whole = PeftModel.from_pretrained(pretrained.load_model(base), tmp_path / "small" / "adapter")
    assert whole.merge_and_unload().num_parameters() > 0


def test_records_end_to_end_teach_the_same_as_padded_ones(tmp_path: Path, base_cache: Path) -> None:
    """None sees another: the losses of the steps are those of padded batches."""
    rows = toy_records(8)
    for index, row in enumerate(rows):
        row["messages"][-1]["content"] += " Indeed." * (index % 4)
    common = {"cache_dir": base_cache, "n_epochs": 1, "train": rows, "lora_dropout": 0.0}
    run(tmp_path / "padded", **common, batch_size=4)
    run(tmp_path / "packed", **common, batch_size=4, packing="on", gradient_checkpointing="on")
    padded, packed = (metrics(tmp_path / name) for name in ("padded", "packed"))
    for step in (1, 2):
        assert packed[step]["train_loss"] == pytest.approx(padded[step]["train_loss"], rel=1e-4)
    assert packed[2]["num_tokens"] <= padded[2]["num_tokens"]


def test_job_that_cannot_fit_is_refused_before_it_loads(
    tmp_path: Path, base_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "free_memory", lambda: 1_000_000)
    result = run(tmp_path, cache_dir=base_cache)
    assert (result.outcome, result.error_code) == ("failed", "memory_short")


def test_merged_adapter_answers_as_base_and_adapter_do(tmp_path: Path, base_cache: Path) -> None:
    import torch
    from peft import PeftModel

    from training.trainer import pretrained
    from training.trainer.errors import TrainerError
    from training.trainer.merging import merge_adapter

    made = run(tmp_path, cache_dir=base_cache, n_epochs=1, learning_rate=0.01)
    base, adapter = base_cache / str(made.base_dir), tmp_path / "adapter"
    merge_adapter(base, adapter, tmp_path / "merged")
    ids = torch.tensor([[5, 6, 7, 8]])
    beside = PeftModel.from_pretrained(pretrained.load_model(base), adapter)
    expected = beside(input_ids=ids).logits
    found = pretrained.load_model(tmp_path / "merged")(input_ids=ids).logits
    assert torch.allclose(expected, found, atol=1e-4)
    with pytest.raises(TrainerError, match="already"):
        merge_adapter(base, adapter, tmp_path / "merged")
