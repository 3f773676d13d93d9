import json
from pathlib import Path

import pytest

from training.serving.registry import (
    list_entries,
    read_entry,
    write_model_entry,
)


def offer(models_dir: Path, name: str) -> Path:
    return write_model_entry(
        models_dir, name=name, base_dir="/bases/1", adapter_dir="../a", context_tokens=256
    )


def test_write_model_entry_offers_a_model(tmp_path: Path) -> None:
    offer(tmp_path, "ft:vex:2")
    offer(tmp_path, "a-model")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "model.json").write_text("{")
    assert [entry.name for entry in list_entries(tmp_path)] == ["a-model", "ft:vex:2"]
    entry = read_entry(tmp_path, "ft:vex:2")
    assert entry is not None
    assert entry.base_dir == Path("/bases/1")
    assert entry.adapter_dir == tmp_path / "ft:vex:2" / "../a"
    assert entry.context_tokens == 256


def test_write_model_entry_keeps_how_a_model_is_best_sampled(tmp_path: Path) -> None:
    write_model_entry(
        tmp_path,
        name="vex",
        base_dir="/b",
        adapter_dir=None,
        context_tokens=256,
        sampling={"min_p": 0.1, "temperature": 0.5},
    )
    entry = read_entry(tmp_path, "vex")
    assert entry is not None
    assert entry.sampling == {"min_p": 0.1, "temperature": 0.5}


def test_read_entry_takes_a_file_without_sampling(tmp_path: Path) -> None:
    path = offer(tmp_path, "vex")
    raw = json.loads(path.read_text())
    del raw["sampling"]
    path.write_text(json.dumps(raw))
    entry = read_entry(tmp_path, "vex")
    assert entry is not None
    assert entry.sampling == {}


def test_write_model_entry_replaces_and_changes_the_fingerprint(tmp_path: Path) -> None:
    offer(tmp_path, "vex")
    first = read_entry(tmp_path, "vex")
    offer(tmp_path, "vex")
    second = read_entry(tmp_path, "vex")
    assert first is not None
    assert second is not None
    assert first.fingerprint != second.fingerprint


def test_list_entries_shows_no_model_whose_file_is_gone(tmp_path: Path) -> None:
    offer(tmp_path, "vex").unlink()
    assert list_entries(tmp_path) == []
    assert list_entries(tmp_path / "nowhere") == []


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", ".hidden", "a b", "x" * 300])
def test_names_that_leave_the_directory_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="letters"):
        offer(tmp_path, name)
    assert read_entry(tmp_path, name) is None
