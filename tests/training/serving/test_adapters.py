"""Several adapters over one base: loaded once, written together, each as if it were alone."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.training.serving.test_engine import reply, shared_bytes
from training.serving.engine import Engine
from training.serving.limits import Limits
from training.serving.loading import LoadedModel, load_model
from training.serving.places import place_of
from training.serving.protocol import RequestError
from training.serving.registry import ModelEntry, read_entry, write_model_entry

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore::FutureWarning")]
NAMES = ("plain", "ada", "vex")


@pytest.fixture(scope="module")
def base_dir(models_dir: Path) -> Path:
    return models_dir.parent / "endless"


@pytest.fixture(scope="module")
def adapters(tmp_path_factory: pytest.TempPathFactory, base_dir: Path) -> dict[str, Path]:
    """Two adapters that change every answer, and one made for a wider model."""
    import torch
    from peft import LoraConfig, get_peft_model

    from training.trainer import pretrained

    place = tmp_path_factory.mktemp("adapters")
    config = LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False)
    for seed, name in enumerate(("ada", "vex")):
        torch.manual_seed(seed)
        made = get_peft_model(pretrained.load_model(base_dir), config)
        made.save_pretrained(place / name)
    import safetensors.torch as files

    wide = {
        key: torch.cat([value, value]) if "lora_B" in key else value
        for key, value in files.load_file(place / "ada" / "adapter_model.safetensors").items()
    }
    (place / "wide").mkdir()
    files.save_file(wide, place / "wide" / "adapter_model.safetensors")
    words = (place / "ada" / "adapter_config.json").read_text()
    (place / "wide" / "adapter_config.json").write_text(words)
    return {path.name: path for path in place.iterdir()}


def offer(directory: Path, name: str, base_dir: Path, adapter_dir: Path | None) -> ModelEntry:
    write_model_entry(
        directory, name=name, base_dir=base_dir, adapter_dir=adapter_dir, context_tokens=256
    )
    entry = read_entry(directory, name)
    assert entry is not None
    return entry


@pytest.fixture
def entries(tmp_path: Path, base_dir: Path, adapters: dict[str, Path]) -> dict[str, ModelEntry]:
    names = ("plain", *adapters)
    return {name: offer(tmp_path, name, base_dir, adapters.get(name)) for name in names}


class Watched(Engine):
    """An engine that keeps what it loaded, and how many rows each pass had."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits, load=self._loaded)
        self.loaded: list[LoadedModel] = []
        self.rows: list[int] = []

    def _loaded(self, entry: ModelEntry, **options: Any) -> LoadedModel:
        self.loaded.append(load_model(entry, **options))
        self.loaded[-1].batch.model.register_forward_pre_hook(self._watch, with_kwargs=True)
        return self.loaded[-1]

    def _watch(self, model: object, positional: object, inputs: dict[str, Any]) -> None:
        self.rows.append(len(inputs["input_ids"]))


@pytest.fixture
def sharing(base_dir: Path) -> Iterator[Watched]:
    """Has room for two bases: so one is large enough to be shared."""
    engine = Watched(Limits(memory_mib=2 * shared_bytes(base_dir) / 2**20))
    yield engine
    engine.close()


async def test_adapters_over_one_base_answer_together_as_each_merged_alone(
    sharing: Watched, entries: dict[str, ModelEntry]
) -> None:
    merging = Engine(Limits())
    try:
        alone = {name: await reply(merging, entries[name], tokens=16) for name in NAMES}
    finally:
        merging.close()
    assert len(set(alone.values())) == 3
    told = await asyncio.gather(*(reply(sharing, entries[name], tokens=16) for name in NAMES))
    assert dict(zip(NAMES, told, strict=True)) == alone
    assert len(sharing.loaded) == 1
    assert sharing.rows.count(3) >= 10
    health = sharing.counts()
    assert health["loaded"] == ["ada", "plain", "vex"]
    assert health["loaded_mib"] == {"endless": health["used_mib"]}
    assert health["used_mib"] < health["limit_mib"]


async def test_an_adapter_that_does_not_fit_its_base_is_refused_alone(
    sharing: Watched, entries: dict[str, ModelEntry]
) -> None:
    told = await asyncio.gather(
        *(reply(sharing, entries[name], tokens=8) for name in ("ada", "wide", "plain")),
        return_exceptions=True,
    )
    assert isinstance(told[1], RequestError)
    assert told[1].code == "model_broken"
    assert "The model wide cannot be loaded" in str(told[1])
    assert [told[0], told[2]] == [
        await reply(sharing, entries[name], tokens=8) for name in ("ada", "plain")
    ]
    assert len(sharing.loaded) == 1


async def test_a_replaced_adapter_answers_as_it_is_now(
    sharing: Watched, tmp_path: Path, entries: dict[str, ModelEntry], adapters: dict[str, Path]
) -> None:
    before = await reply(sharing, entries["ada"], tokens=8)
    other = await reply(sharing, entries["vex"], tokens=8)
    again = offer(tmp_path, "ada", entries["ada"].base_dir, adapters["vex"])
    assert again.fingerprint != entries["ada"].fingerprint
    assert await reply(sharing, again, tokens=8) == other != before
    assert len(sharing.loaded) == 1


async def test_adapters_nobody_reads_make_room_for_others(
    entries: dict[str, ModelEntry], base_dir: Path, adapters: dict[str, Path]
) -> None:
    base = shared_bytes(base_dir)
    adapter = (adapters["ada"] / "adapter_model.safetensors").stat().st_size
    engine = Watched(Limits(memory_mib=(base + 1.5 * adapter) / 2**20))
    try:
        first = await reply(engine, entries["ada"], tokens=4)
        await reply(engine, entries["vex"], tokens=4)
        assert engine.counts()["loaded"] == ["vex"]
        both = await asyncio.gather(
            *(reply(engine, entries[name], tokens=4) for name in ("vex", "ada"))
        )
        assert both[1] == first  # it waited until the other was written
        assert len(engine.loaded) == 1
        assert engine.counts()["used_mib"] <= engine.limits.memory_mib + 0.05  # one decimal
    finally:
        engine.close()


async def test_an_adapter_too_large_beside_its_base_is_refused(
    entries: dict[str, ModelEntry], base_dir: Path
) -> None:
    base = shared_bytes(base_dir)
    engine = Watched(Limits(memory_mib=(base + 1000) / 2**20))
    try:
        await reply(engine, entries["plain"])
        with pytest.raises(RequestError, match="Choose a smaller model"):
            await reply(engine, entries["ada"])
    finally:
        engine.close()


def test_small_bases_and_special_adapters_are_merged(
    tmp_path: Path, entries: dict[str, ModelEntry]
) -> None:
    tight, wide = Limits(memory_mib=0.1), Limits(memory_mib=100_000)
    for name in NAMES:
        assert place_of(entries[name], wide) == name
        assert place_of(entries[name], tight) == str(entries[name].base_dir)
    special = tmp_path / "special"
    special.mkdir()
    for words in ('{"peft_type": "LORA", "use_dora": true}', '{"peft_type": "IA3"}', "[]", "{"):
        (special / "adapter_config.json").write_text(words)
        entry = offer(tmp_path, "special", entries["plain"].base_dir, special)
        assert place_of(entry, tight) == "special"
