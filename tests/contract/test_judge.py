"""The judge itself: for every endpoint a good request passes and known-bad ones are refused."""

import json
from typing import Any

import pytest

from tests.contract.judge import (
    ContractError,
    JudgedRequest,
    JudgedResponse,
    judge_chunk,
    judge_request,
    judge_response,
)

KEY = {"Authorization": "Bearer sk-test"}
HELLO = [{"role": "user", "content": "Hello"}]
JOB = {"model": "gpt-4o-mini-2024-07-18", "training_file": "file-1"}
CHAT = {"model": "gpt-4o-mini", "messages": HELLO}


def json_request(method: str, path: str, body: Any) -> JudgedRequest:
    headers = KEY | {"Content-Type": "application/json"}
    return JudgedRequest(method, path, headers, json.dumps(body).encode())


def get(path: str, **query: str) -> JudgedRequest:
    return JudgedRequest("get", path, KEY, query=list(query.items()))


def file_upload(purpose: str) -> JudgedRequest:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\n'
        + purpose.encode()
        + b'\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="train.jsonl"\r\n'
        b'Content-Type: application/jsonl\r\n\r\n{"messages":[]}\n\r\n--b--\r\n'
    )
    headers = KEY | {"Content-Type": "multipart/form-data; boundary=b"}
    return JudgedRequest("post", "/v1/files", headers, body)


def supervised(**hyperparameters: Any) -> dict[str, Any]:
    method = {"type": "supervised", "supervised": {"hyperparameters": hyperparameters}}
    return JOB | {"method": method}


def dpo(**hyperparameters: Any) -> dict[str, Any]:
    return JOB | {"method": {"type": "dpo", "dpo": {"hyperparameters": hyperparameters}}}


GOOD = {
    "upload": file_upload("fine-tune"),
    "job": json_request("post", "/v1/fine_tuning/jobs", JOB),
    "job with everything": json_request(
        "post",
        "/v1/fine_tuning/jobs",
        supervised(n_epochs=3, batch_size=4, learning_rate_multiplier=0.5)
        | {"suffix": "vex", "seed": 1, "metadata": {"ad": "x"}, "validation_file": "file-2"},
    ),
    "dpo job": json_request("post", "/v1/fine_tuning/jobs", dpo(beta=0.1)),
    "jobs": get("/v1/fine_tuning/jobs", limit="20"),
    "jobs by metadata": get("/v1/fine_tuning/jobs", **{"metadata[ad]": "x"}),
    "job by id": get("/v1/fine_tuning/jobs/ftjob-1"),
    "cancel": json_request("post", "/v1/fine_tuning/jobs/ftjob-1/cancel", {}),
    "pause": json_request("post", "/v1/fine_tuning/jobs/ftjob-1/pause", {}),
    "resume": json_request("post", "/v1/fine_tuning/jobs/ftjob-1/resume", {}),
    "events": get("/v1/fine_tuning/jobs/ftjob-1/events", limit="20"),
    "checkpoints": get("/v1/fine_tuning/jobs/ftjob-1/checkpoints", limit="10"),
    "files": get("/v1/files", order="asc", limit="20"),
    "file": get("/v1/files/file-1"),
    "file content": get("/v1/files/file-1/content"),
    "models": get("/v1/models"),
    "model": get("/v1/models/gpt-4o"),
    "chat": json_request("post", "/v1/chat/completions", CHAT),
    "chat completions": get("/v1/chat/completions", limit="20", order="asc"),
    "upload session": json_request(
        "post",
        "/v1/uploads",
        {"filename": "a.jsonl", "purpose": "fine-tune", "bytes": 2, "mime_type": "text/jsonl"},
    ),
    "upload complete": json_request("post", "/v1/uploads/upload-1/complete", {"part_ids": ["a"]}),
    "moderation": json_request("post", "/v1/moderations", {"input": "Hello"}),
}

BAD_JOBS = {
    "no training file": {"model": "gpt-4o-mini"},
    "500 epochs": supervised(n_epochs=500),
    "beta 3": dpo(beta=3),
    "learning rate 0": supervised(learning_rate_multiplier=0),
    "long suffix": JOB | {"suffix": "x" * 70},
    "negative seed": JOB | {"seed": -1},
    "method sft": JOB | {"method": {"type": "sft"}},
    "reinforcement without grader": JOB
    | {"method": {"type": "reinforcement", "reinforcement": {}}},
    "empty": {},
}
BAD_CHATS = {
    "no messages": {"model": "m"},
    "empty messages": CHAT | {"messages": []},
    "messages a string": CHAT | {"messages": "Hello"},
    "unknown role": CHAT | {"messages": [{"role": "usr", "content": "Hello"}]},
    "user without content": CHAT | {"messages": [{"role": "user"}]},
    "temperature 3": CHAT | {"temperature": 3},
    "top_p 2": CHAT | {"top_p": 2},
    "n 0": CHAT | {"n": 0},
    "stream yes": CHAT | {"stream": "yes"},
    "no model": {"messages": HELLO},
}
LISTS = (
    "/v1/fine_tuning/jobs",
    "/v1/fine_tuning/jobs/ftjob-1/events",
    "/v1/fine_tuning/jobs/ftjob-1/checkpoints",
    "/v1/files",
    "/v1/chat/completions",
)
ONLY_KEYS = (
    ("get", "/v1/files/file-1"),
    ("get", "/v1/files/file-1/content"),
    ("get", "/v1/models"),
    ("get", "/v1/models/gpt-4o"),
    ("get", "/v1/fine_tuning/jobs/ftjob-1"),
    ("post", "/v1/fine_tuning/jobs/ftjob-1/cancel"),
    ("post", "/v1/fine_tuning/jobs/ftjob-1/pause"),
    ("post", "/v1/fine_tuning/jobs/ftjob-1/resume"),
)
BAD = {
    "upload purpose": file_upload("finetune"),
    **{f"job {n}": json_request("post", "/v1/fine_tuning/jobs", b) for n, b in BAD_JOBS.items()},
    **{f"chat {n}": json_request("post", "/v1/chat/completions", b) for n, b in BAD_CHATS.items()},
    **{f"limit of {path}": get(path, limit="abc") for path in LISTS},
    **{f"order of {path}": get(path, order="up") for path in ("/v1/files", "/v1/chat/completions")},
    **{f"no key {m} {p}": JudgedRequest(m, p, {}) for m, p in ONLY_KEYS},
    "upload session": json_request("post", "/v1/uploads", {}),
    "upload complete": json_request("post", "/v1/uploads/upload-1/complete", {}),
    "moderation": json_request("post", "/v1/moderations", {}),
    "hyphen": json_request("post", "/v1/fine-tuning/jobs", JOB),
    "put": json_request("put", "/v1/fine_tuning/jobs", JOB),
}


@pytest.mark.parametrize("name", GOOD)
def test_judge_request_accepts_a_good_request(name: str) -> None:
    judge_request(GOOD[name])


@pytest.mark.parametrize("name", BAD)
def test_judge_request_refuses_a_known_bad_request(name: str) -> None:
    with pytest.raises(ContractError):
        judge_request(BAD[name])


def job_answer(**changes: Any) -> dict[str, Any]:
    return {
        "id": "ftjob-1",
        "object": "fine_tuning.job",
        "created_at": 1,
        "error": None,
        "fine_tuned_model": None,
        "finished_at": None,
        "hyperparameters": {"n_epochs": 3},
        "model": "gpt-4o-mini-2024-07-18",
        "organization_id": "org-1",
        "result_files": [],
        "seed": 1,
        "status": "running",
        "trained_tokens": None,
        "training_file": "file-1",
        "validation_file": None,
    } | changes


def chat_answer(**choice: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": "Hello", "refusal": None}
    first = {"index": 0, "finish_reason": "stop", "logprobs": None, "message": message} | choice
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [first],
    }


def without(mapping: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in mapping.items() if name != key}


def response(body: Any, status: int = 200) -> JudgedResponse:
    return JudgedResponse(status, json.dumps(body).encode())


def test_judge_response_accepts_good_answers() -> None:
    judge_response(GOOD["job by id"], response(job_answer(user_provided_suffix="vex")))
    judge_response(
        GOOD["jobs"], response({"object": "list", "data": [job_answer()], "has_more": False})
    )
    judge_response(GOOD["chat"], response(chat_answer()))
    error = {"message": "No such job", "type": "invalid_request_error", "param": None, "code": None}
    judge_response(GOOD["job by id"], response({"error": error}, 404))


@pytest.mark.parametrize(
    ("request_name", "body"),
    [
        ("job by id", without(job_answer(), "seed")),
        ("job by id", job_answer(status="paused")),
        ("job by id", job_answer(error={})),
        ("jobs", job_answer()),
        ("chat", chat_answer(message={"role": "assistant", "content": "Hello"})),
        ("chat", {**chat_answer(), "choices": [without(chat_answer()["choices"][0], "logprobs")]}),
    ],
    ids=["no seed", "paused", "empty error", "job for list", "no refusal", "no logprobs"],
)
def test_judge_response_refuses_a_known_bad_answer(request_name: str, body: Any) -> None:
    with pytest.raises(ContractError):
        judge_response(GOOD[request_name], response(body))


def test_judge_response_refuses_an_error_without_its_four_keys() -> None:
    with pytest.raises(ContractError):
        judge_response(GOOD["job by id"], response({"error": {"message": "gone"}}, 404))


def test_judge_chunk_accepts_a_good_chunk_and_refuses_one_without_choices() -> None:
    chunk = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": None}],
    }
    judge_chunk(chunk)
    with pytest.raises(ContractError):
        judge_chunk(without(chunk, "choices"))
