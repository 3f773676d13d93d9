"""The engine in this process, over real models of the smallest size."""

import asyncio
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from training.serving import app
from training.serving.engine import Engine
from training.serving.generation import Generation, Piece
from training.serving.limits import Limits
from training.serving.loading import LoadedModel, load_model
from training.serving.protocol import ChatRequest, RequestError
from training.serving.registry import ModelEntry, read_entry, write_model_entry

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore::FutureWarning")]


async def reply(
    engine: Engine, entry: ModelEntry | None, *, tokens: int = 2, text: str = "Hello."
) -> str:
    assert entry is not None
    request = ChatRequest(
        entry.name, (("user", text),), max_tokens=tokens, sampling={"temperature": 0}
    )
    generation = Generation(entry, request, asyncio.get_running_loop())
    engine.submit(generation)
    told = ""
    while True:
        piece = await asyncio.wait_for(generation.pieces.get(), 240)
        if isinstance(piece, RequestError):
            raise piece
        told += piece.text
        if piece.finish_reason:
            return told


def offer(directory: Path, name: str, source: Path) -> ModelEntry | None:
    """Offer a model over a base of its own: two over one would share it."""
    base_dir = directory / f"base-of-{name}"
    if source.exists() and not base_dir.exists():
        base_dir.symlink_to(source)
    write_model_entry(directory, name=name, base_dir=base_dir, adapter_dir=None, context_tokens=256)
    return read_entry(directory, name)


def shared_bytes(base_dir: Path) -> int:
    """Return what a base takes in memory that adapters may share."""
    entry = ModelEntry("any", base_dir, None, 256, 0.0, "any")
    return load_model(entry, place=str(base_dir), threads=1).size_bytes


async def test_engine_drops_the_least_recently_used_model(tmp_path: Path, models_dir: Path) -> None:
    source = models_dir.parent / "endless"
    entries = {name: offer(tmp_path, name, source) for name in ("one", "two", "three", "four")}
    size = shared_bytes(source)
    engine = Engine(Limits(memory_mib=2.5 * size / 2**20))
    try:
        for name in ("one", "two", "one", "three"):
            await reply(engine, entries[name])
        assert engine.counts()["loaded"] == ["one", "three"]
        await reply(engine, entries["four"])
        told = engine.counts()
        assert told["loaded"] == ["four", "three"]
        assert list(told["loaded_mib"]) == ["base-of-four", "base-of-three"]
        assert sum(told["loaded_mib"].values()) == pytest.approx(told["used_mib"], abs=0.2)
        assert 0 < told["used_mib"] <= told["limit_mib"]
    finally:
        engine.close()


async def test_engine_refuses_a_model_beyond_its_memory(tmp_path: Path, models_dir: Path) -> None:
    engine = Engine(Limits(memory_mib=0.01))
    try:
        with pytest.raises(RequestError, match=r"may use 0\.01 MiB") as caught:
            await reply(engine, offer(tmp_path, "big", models_dir.parent / "babble"))
        assert (caught.value.status, caught.value.code) == (503, "model_too_large")
    finally:
        engine.close()


async def test_engine_keeps_its_limit_while_a_model_is_read(
    tmp_path: Path, models_dir: Path
) -> None:
    source = models_dir.parent / "endless"
    entries = {name: offer(tmp_path, name, source) for name in ("one", "two")}
    size = shared_bytes(source)
    most: list[float] = []

    def load(entry: ModelEntry, **options: Any) -> LoadedModel:
        loaded = load_model(entry, **options)
        hook = lambda *_: most.append(engine.counts()["used_mib"])  # noqa: E731
        loaded.batch.model.register_forward_hook(hook)
        return loaded

    engine = Engine(Limits(memory_mib=1.5 * size / 2**20), load=load)
    try:
        await asyncio.gather(
            *(reply(engine, entries[name], tokens=9) for name in ("one", "two", "one"))
        )
        assert len(most) >= 18
        assert 0 < max(most) <= engine.limits.memory_mib + 0.1
    finally:
        engine.close()


async def test_engine_refuses_a_model_larger_than_its_files(
    tmp_path: Path, models_dir: Path
) -> None:
    source = models_dir.parent / "endless"
    size = (source / "model.safetensors").stat().st_size

    def load(entry: ModelEntry, **options: Any) -> LoadedModel:
        return replace(load_model(entry, **options), base_bytes=4 * size)

    engine = Engine(Limits(memory_mib=2 * size / 2**20), load=load)
    try:
        with pytest.raises(RequestError, match="needs") as caught:
            await reply(engine, offer(tmp_path, "wide", source))
        assert caught.value.code == "model_too_large"
        assert engine.counts()["loaded"] == []
    finally:
        engine.close()


async def test_engine_tells_a_broken_model_in_words(tmp_path: Path) -> None:
    engine = Engine(Limits())
    try:
        (tmp_path / "base").mkdir()
        (tmp_path / "base" / "config.json").write_text(json.dumps({"model_type": "nothing"}))
        with pytest.raises(RequestError, match="model broken cannot be loaded") as caught:
            await reply(engine, offer(tmp_path, "broken", tmp_path / "base"))
        assert caught.value.status == 503
        with pytest.raises(RequestError, match="cannot be loaded"):
            await reply(engine, offer(tmp_path, "gone", tmp_path / "nowhere"))
    finally:
        engine.close()


async def test_engine_takes_up_a_replaced_model(tmp_path: Path, models_dir: Path) -> None:
    engine = Engine(Limits())
    try:
        await reply(engine, offer(tmp_path, "vex", models_dir.parent / "endless"))
        again = offer(tmp_path, "vex", models_dir.parent / "endless")
        assert again is not None
        await reply(engine, again)
        await reply(engine, replace(again, fingerprint="another"))
        assert engine.counts()["loaded"] == ["vex"]
    finally:
        engine.close()


async def test_engine_drops_a_cancelled_request_at_once(models_dir: Path) -> None:
    engine = Engine(Limits())
    entry = read_entry(models_dir, "endless")
    assert entry is not None
    try:
        await reply(engine, entry)
        request = ChatRequest(entry.name, (("user", "Hello."),), max_tokens=900)
        generation = Generation(entry, request, asyncio.get_running_loop())
        engine.submit(generation)
        await asyncio.wait_for(generation.pieces.get(), 240)
        generation.cancelled = True
        assert await asyncio.to_thread(engine.wait_until_idle, 30)
        assert generation.written < 900
    finally:
        engine.close()


class Faulty:
    """A real model that fails over texts with one token, after some steps."""

    def __init__(self, model: Any, *, token: int, sound_steps: int) -> None:
        self.model, self.device, self.config = model, model.device, model.config
        self.token, self.sound_steps = token, sound_steps
        self.calls: list[tuple[int, int]] = []

    def __call__(self, *, input_ids: Any, **inputs: Any) -> Any:
        rows, width = input_ids.shape
        self.calls.append((rows, width))
        output = self.model(input_ids=input_ids, **inputs)
        steps = sum(call == (2, 1) for call in self.calls)
        if steps > self.sound_steps or self.sound_steps == 0:
            read = bool((input_ids == self.token).any())
            if read or (width == 1 and rows == 2):
                raise RuntimeError("broken arithmetic")
        return output


@pytest.mark.parametrize("sound_steps", [0, 2])
async def test_engine_lets_a_failing_request_fail_alone(models_dir: Path, sound_steps: int) -> None:
    entry = read_entry(models_dir, "endless")
    faulty: list[Faulty] = []

    def load(entry: ModelEntry, **options: Any) -> LoadedModel:
        loaded = load_model(entry, **options)
        token = loaded.encoder.tokenizer.encode("7", add_special_tokens=False)[-1]
        faulty.append(Faulty(loaded.batch.model, token=token, sound_steps=sound_steps))
        loaded.batch.model = faulty[0]
        return loaded

    engine, alone = Engine(Limits(), load=load), Engine(Limits())
    try:
        expected = await reply(alone, entry, tokens=8)
        told = await asyncio.gather(
            reply(engine, entry, tokens=8),
            reply(engine, entry, tokens=8, text="7"),
            return_exceptions=True,
        )
        assert told[0] == expected
        assert isinstance(told[1], RequestError)
        assert (told[1].status, told[1].code) == (500, "model_failed")
        assert len(faulty) == 1  # the model stayed
        assert await reply(engine, entry, tokens=8) == expected
    finally:
        engine.close()
        alone.close()


async def test_engine_writes_no_step_for_a_request_cancelled_in_the_step_before(
    models_dir: Path,
) -> None:
    entry = read_entry(models_dir, "endless")
    assert entry is not None
    request = ChatRequest(entry.name, (("user", "Hello."),), max_tokens=900)
    generation = Generation(entry, request, asyncio.get_running_loop())
    steps: list[int] = []

    def load(entry: ModelEntry, **options: Any) -> LoadedModel:
        loaded = load_model(entry, **options)
        model = loaded.batch.model

        def count(*_: object) -> None:
            steps.append(1)
            generation.cancelled = len(steps) == 3

        model.register_forward_hook(count)
        return loaded

    engine = Engine(Limits(), load=load)
    try:
        engine.submit(generation)
        assert await asyncio.to_thread(engine.wait_until_idle, 60)
        assert (len(steps), generation.written) == (3, 2)
    finally:
        engine.close()


async def test_engine_that_closes_refuses_new_requests(models_dir: Path) -> None:
    engine = Engine(Limits())
    engine.close()
    with pytest.raises(RequestError, match="shutting down"):
        await reply(engine, read_entry(models_dir, "endless"))


def slowly(*args: Any, **options: Any) -> LoadedModel:
    time.sleep(0.6)
    return load_model(*args, **options)


async def test_who_waits_for_a_model_has_a_place(tmp_path: Path, models_dir: Path) -> None:
    entry = offer(tmp_path, "one", models_dir.parent / "endless")
    assert entry is not None
    engine = Engine(Limits(rows=1), load=slowly)
    request = ChatRequest(entry.name, (("user", "Hi"),), max_tokens=2)
    loop = asyncio.get_running_loop()
    generations = [Generation(entry, request, loop) for _ in range(3)]
    try:
        for generation in generations:
            engine.submit(generation)
        assert [engine.replies_before(one) for one in generations] == [0, 1, 2]
        for generation in generations:
            while isinstance(piece := await generation.pieces.get(), Piece):
                if piece.finish_reason:
                    break
            assert isinstance(piece, Piece)
        assert [engine.replies_before(one) for one in generations] == [None] * 3
    finally:
        engine.close()


async def test_a_stream_tells_the_place_while_it_waits(
    tmp_path: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "QUIET_SECONDS", 0.1)
    offer(tmp_path, "one", models_dir.parent / "endless")
    engine = Engine(Limits(), load=slowly)
    site = app.create_app(engine=engine, models_dir=tmp_path, api_key="key")
    body = {"model": "one", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 2}
    try:
        async with TestClient(TestServer(site)) as client:
            answer = await client.post(
                "/v1/chat/completions",
                json=body | {"stream": True},
                headers={"Authorization": "Bearer key"},
            )
            lines = (await answer.text()).split("\n\n")
            monkeypatch.setattr(app, "QUIET_SECONDS", 30)
            refused = await client.post(
                "/v1/chat/completions",
                json=body | {"stream": True, "messages": [{"role": "user", "content": "x " * 900}]},
                headers={"Authorization": "Bearer key"},
            )
    finally:
        engine.close()
    assert lines[0] == ": before 0"
    assert lines[-2] == "data: [DONE]"
    assert all(line.startswith((": before 0", "data: ")) for line in lines[:-1])
    assert refused.status == 400  # loaded by now, so the refusal comes with its status


async def test_closing_refuses_what_is_not_loaded_yet_and_finishes_what_is_written(
    tmp_path: Path, models_dir: Path
) -> None:
    source = models_dir.parent / "endless"
    entries = {name: offer(tmp_path, name, source) for name in ("one", "two", "three")}
    engine = Engine(Limits(), load=slowly)
    await reply(engine, entries["one"])
    written = asyncio.ensure_future(reply(engine, entries["one"], tokens=200))
    waiting = [asyncio.ensure_future(reply(engine, entries[name])) for name in ("two", "three")]
    await asyncio.sleep(0.2)  # two is being loaded, three waits for the loader
    engine.close()
    refused = (await asyncio.gather(*waiting, return_exceptions=True))[1]
    assert isinstance(refused, RequestError)
    assert refused.code == "stopping"
    assert await written
