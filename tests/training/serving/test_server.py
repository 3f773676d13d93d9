"""The real server process, asked through the official SDK."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.training.serving.conftest import KEY, Server, start_server, stop_server
from tests.training.trainer.toy import ROOT

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore::FutureWarning")]
HELLO: list[Any] = [
    {"role": "system", "content": "You are Odo."},
    {"role": "user", "content": "Pip: Where is the kettle?"},
]


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=KEY, max_retries=0) as client:
        yield client


def ask(client: openai.OpenAI, **fields: Any) -> Any:
    return client.chat.completions.create(
        **{"model": "endless", "messages": HELLO, "max_tokens": 12, **fields}
    )


def wait_until(done: Callable[[], object], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_answer_has_the_published_shape(client: openai.OpenAI) -> None:
    answer = ask(client)
    (choice,) = answer.choices
    assert answer.id.startswith("chatcmpl-")
    assert (answer.object, answer.model) == ("chat.completion", "endless")
    assert (choice.index, choice.finish_reason, choice.logprobs) == (0, "length", None)
    assert (choice.message.role, choice.message.refusal) == ("assistant", None)
    assert choice.message.content
    assert answer.usage.completion_tokens == 12
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + 12
    assert answer.dropped_messages == 0


def test_stream_says_the_same_in_pieces(client: openai.OpenAI) -> None:
    whole = ask(client, temperature=0)
    chunks = list(ask(client, temperature=0, stream=True, stream_options={"include_usage": True}))
    assert chunks[0].choices[0].delta.role == "assistant"
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks[:-1])
    assert text == whole.choices[0].message.content
    assert [chunk.choices[0].finish_reason for chunk in chunks[:-1]][-1] == "length"
    assert chunks[-1].choices == []
    assert chunks[-1].usage == whole.usage
    assert all(chunk.usage is None for chunk in chunks[:-1])
    assert len({chunk.id for chunk in chunks}) == 1


def test_seed_gives_the_same_reply_alone_and_among_eight(client: openai.OpenAI) -> None:
    def reply(seed: int) -> str:
        return str(ask(client, seed=seed, max_tokens=30).choices[0].message.content)

    alone = [reply(seed) for seed in range(8)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(reply, range(8)))
    assert len(set(alone)) == 8
    assert together == alone


def test_eight_at_once_share_the_steps(client: openai.OpenAI, server: Server) -> None:
    peak: list[int] = []
    with ThreadPoolExecutor(9) as pool:
        replies = [pool.submit(ask, client, max_tokens=150 + index * 5) for index in range(8)]
        wait_until(lambda: peak.append(server.health()["writing"]) or peak[-1] == 8)  # type: ignore[func-returns-value]
    assert [reply.result().usage.completion_tokens for reply in replies] == [
        150 + index * 5 for index in range(8)
    ]


def test_reader_who_leaves_stops_the_model(client: openai.OpenAI, server: Server) -> None:
    stream = ask(client, stream=True, max_tokens=900)
    next(iter(stream))
    assert server.health()["writing"] == 1
    stream.close()
    wait_until(lambda: server.health()["writing"] == 0, seconds=10)


def test_stop_ends_the_reply_before_it(client: openai.OpenAI) -> None:
    whole = ask(client, temperature=0).choices[0].message.content
    stop = whole[3:6]
    answer = ask(client, temperature=0, stop=stop)
    assert answer.choices[0].message.content == whole[: whole.index(stop)]
    assert answer.choices[0].finish_reason == "stop"


def test_long_conversation_loses_its_oldest_turns(client: openai.OpenAI) -> None:
    turns = [
        {"role": "user" if index % 2 == 0 else "assistant", "content": f"Line {index}. " * 4}
        for index in range(61)
    ]
    answer = ask(client, messages=[HELLO[0], *turns], model="babble", max_tokens=20)
    assert answer.dropped_messages > 0
    assert answer.dropped_messages % 2 == 0
    assert answer.usage.prompt_tokens <= 236


def test_message_that_cannot_fit_is_refused(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, messages=[{"role": "user", "content": "words " * 900}], model="babble")
    assert caught.value.code == "context_length_exceeded"
    assert caught.value.param == "messages"


def test_control_tokens_in_a_message_stay_text(client: openai.OpenAI) -> None:
    def prompt_tokens(text: str) -> int:
        answer = ask(client, messages=[{"role": "user", "content": text}], max_tokens=1)
        return int(answer.usage.prompt_tokens)

    assert prompt_tokens("<|im_end|>") > prompt_tokens("x") + 2


def test_models_are_listed_and_described(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["babble", "endless"]
    assert client.models.retrieve("babble").owned_by == "rickproject"


def test_unknown_model_is_not_found(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        ask(client, model="nobody")
    assert caught.value.code == "model_not_found"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("../babble")


def test_wrong_key_is_refused(server: Server) -> None:
    for key in ("wrong", KEY + "x"):
        with (
            openai.OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0) as client,
            pytest.raises(openai.AuthenticationError) as caught,
        ):
            client.models.list()
        assert caught.value.code == "invalid_api_key"
    with pytest.raises(urllib.error.HTTPError) as without:
        urllib.request.urlopen(f"{server.url}/v1/models", timeout=10)
    with without.value as answer:
        assert answer.status == 401


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/chat/completions", b"{", 400),
        ("/v1/chat/completions", b'{"model":"babble","messages":[]}', 400),
        ("/v1/chat/completions", b"x" * 3_000_000, 413),
        ("/v1/nowhere", b"{}", 404),
        ("/v1/models", b"{}", 405),
    ],
)
def test_refusals_have_all_four_fields(server: Server, path: str, body: bytes, status: int) -> None:
    request = urllib.request.Request(
        server.url + path, data=body, headers={"Authorization": f"Bearer {KEY}"}
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=10)
    with caught.value as answer:
        assert answer.status == status
        assert set(json.load(answer)["error"]) == {"message", "type", "param", "code"}


def test_server_refuses_past_its_limit_then_drains_on_sigterm(
    tmp_path: Path, models_dir: Path
) -> None:
    server = start_server(tmp_path, models_dir, "--max-requests", "2", "--max-rows", "1")
    with (
        openai.OpenAI(base_url=f"{server.url}/v1", api_key=KEY, max_retries=0) as client,
        ThreadPoolExecutor(2) as pool,
    ):
        replies = [pool.submit(ask, client, max_tokens=200) for _ in range(2)]
        wait_until(lambda: server.health()["writing"] == 1 == server.health()["waiting"])
        with pytest.raises(openai.RateLimitError) as caught:
            ask(client)
        assert int(caught.value.response.headers["retry-after"]) > 0
        server.process.terminate()
        assert [reply.result().usage.completion_tokens for reply in replies] == [200, 200]
    assert server.process.wait(timeout=120) == 0


def test_server_answers_without_torch_and_tells_what_is_missing(
    tmp_path: Path, models_dir: Path
) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('no torch here', name='torch')\n")
    server = start_server(
        tmp_path / "server", models_dir, environment={"PYTHONPATH": str(tmp_path)}
    )
    try:
        assert server.health()["status"] == "ok"
        with (
            openai.OpenAI(base_url=f"{server.url}/v1", api_key=KEY) as client,
            pytest.raises(openai.InternalServerError, match="torch is not installed") as caught,
        ):
            ask(client)
        assert (caught.value.status_code, caught.value.code) == (503, "trainer_missing")
    finally:
        assert stop_server(server) == 0


def test_server_tells_wrong_usage(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "training.serving", "--models-dir", str(tmp_path)]
    missing = subprocess.run(
        [*command, "--api-key-file", str(tmp_path / "none")],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert (missing.returncode, missing.stderr) == (
        2,
        b"The API key cannot be read: No such file or directory.\n",
    )
