"""What a well-behaved server of the protocol remembers and answers."""

import base64
import itertools
import json
import re
import time
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.contract.fault_server import Received

WALK = ("validating_files", "queued", "running", "running", "succeeded")
STEPS = 6
RESULT_CSV = "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n" + "".join(
    f"{step},{2 - step / 10},{step / 10},{'1.5' if step == STEPS else ''},"
    f"{'0.7' if step == STEPS else ''}\n"
    for step in range(1, STEPS + 1)
)


@dataclass
class Answer:
    """A good answer; ``chunks`` instead of a body when it is streamed."""

    body: bytes = b""
    status: int = 200
    content_type: str = "application/json"
    chunks: list[dict[str, Any]] | None = None


def as_json(value: Any, status: int = 200) -> Answer:
    """Return an answer of JSON."""
    return Answer(json.dumps(value).encode(), status)


def missing(what: str) -> Answer:
    """Return the protocol's answer for what does not exist."""
    error = {"message": f"No such {what}.", "type": "error", "param": None, "code": "not_found"}
    return as_json({"error": error}, 404)


@dataclass
class ProtocolState:
    """Files and jobs by id; each look at a job takes it one step along ``walk``.

    Attributes:
        result_prefix, result_as_base64: how the metrics file is served.
        page_size: at most so many rows a page, whatever is asked.
        replies: what whole answers say, one after the other, the last for ever; else ``reply``.
        keeps_metadata: whether jobs come back with what they were given.
        empty_error: a healthy job has ``error: {}`` as some servers send it.
    """

    walk: tuple[str, ...] = WALK
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    steps_told: dict[str, int] = field(default_factory=dict)
    result_prefix: bytes = b""
    result_as_base64: bool = True
    page_size: int = 100
    keeps_metadata: bool = True
    filters_by_metadata: bool = True
    error: dict[str, Any] | None = None
    reply: tuple[str, ...] = ("Who ", "moved ", "the moon?")
    replies: list[str] = field(default_factory=list)
    finish_reason: str = "stop"
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def answer(self, route: str, request: "Received") -> Answer:
        """Do what a request asks."""
        handler = getattr(self, f"_{route}", None)
        return handler(request) if handler else missing("route")

    def _create_file(self, request: "Received") -> Answer:
        head = f"content-type: {request.headers['Content-Type']}\r\n\r\n".encode()
        form = BytesParser(policy=HTTP).parsebytes(head + request.body)
        parts: dict[str, Any] = {
            str(part.get_param("name", header="content-disposition")): part
            for part in form.iter_parts()  # type: ignore[attr-defined]
        }
        content = parts["file"].get_payload(decode=True)
        identity = f"file-{next(self._numbers)}"
        self.contents[identity] = content
        self.files[identity] = {
            "id": identity,
            "object": "file",
            "bytes": len(content),
            "created_at": int(time.time()),
            "filename": parts["file"].get_filename(),
            "purpose": parts["purpose"].get_payload(decode=True).decode().strip(),
            "status": "processed",
        }
        return as_json(self.files[identity])

    def _list_files(self, request: "Received") -> Answer:
        return self._page(list(self.files.values()), request)

    def _get_file(self, request: "Received") -> Answer:
        found = self.files.get(request.path.split("/")[3])
        return as_json(found) if found else missing("file")

    def _file_content(self, request: "Received") -> Answer:
        content = self.contents.get(request.path.split("/")[3])
        if content is None:
            return missing("file")
        return Answer(content, content_type="application/octet-stream")

    def _create_job(self, request: "Received") -> Answer:
        asked = request.json()
        identity = f"ftjob-{next(self._numbers)}"
        self.jobs[identity] = {
            "id": identity,
            "object": "fine_tuning.job",
            "created_at": int(time.time()),
            "error": None,
            "fine_tuned_model": None,
            "finished_at": None,
            "hyperparameters": {"n_epochs": 3},
            "model": asked["model"],
            "organization_id": "org-1",
            "result_files": [],
            "seed": asked.get("seed") or 1,
            "status": self.walk[0],
            "trained_tokens": None,
            "training_file": asked["training_file"],
            "validation_file": asked.get("validation_file"),
            "user_provided_suffix": asked.get("suffix"),
            "method": asked.get("method", {"type": "supervised"}),
        }
        if self.keeps_metadata:
            self.jobs[identity]["metadata"] = asked.get("metadata")
        self.steps_told[identity] = 0
        return as_json(self.jobs[identity])

    def _list_jobs(self, request: "Received") -> Answer:
        wanted = {
            match[1]: value
            for name, value in request.query
            if (match := re.fullmatch(r"metadata\[(.+)\]", name))
        }
        rows = list(reversed(self.jobs.values()))
        if self.filters_by_metadata:
            rows = [job for job in rows if wanted.items() <= (job.get("metadata") or {}).items()]
        return self._page(rows, request)

    def _get_job(self, request: "Received") -> Answer:
        job = self.jobs.get(request.path.split("/")[4])
        if job is None:
            return missing("job")
        if job["status"] != "cancelled":
            told = self.steps_told[job["id"]]
            job["status"] = self.walk[min(told, len(self.walk) - 1)]
            self.steps_told[job["id"]] = told + 1
        job["error"] = self.error if job["status"] == "failed" or self.error == {} else None
        if job["status"] == "succeeded" and not job["fine_tuned_model"]:
            self._finish(job)
        return as_json(job)

    def _finish(self, job: dict[str, Any]) -> None:
        content = RESULT_CSV.encode()
        content = base64.b64encode(content) if self.result_as_base64 else content
        identity = f"file-{next(self._numbers)}"
        self.contents[identity] = self.result_prefix + content
        job["fine_tuned_model"] = f"ft:{job['model']}:org:vex:{job['id'][6:]}"
        job["finished_at"] = int(time.time())
        job["result_files"] = [identity]
        job["trained_tokens"] = 4321

    def _cancel_job(self, request: "Received") -> Answer:
        job = self.jobs.get(request.path.split("/")[4])
        if job is None:
            return missing("job")
        job["status"] = "cancelled"
        job["finished_at"] = int(time.time())
        return as_json(job)

    def _pause_job(self, request: "Received") -> Answer:
        return self._rest(request, "paused")

    def _resume_job(self, request: "Received") -> Answer:
        return self._rest(request, "running")

    def _rest(self, request: "Received", status: str) -> Answer:
        job = self.jobs.get(request.path.split("/")[4])
        if job is None:
            return missing("job")
        job["status"] = status
        self.walk = (status,)
        return as_json(job)

    def _list_events(self, request: "Received") -> Answer:
        job = self.jobs.get(request.path.split("/")[4])
        if job is None:
            return missing("job")
        rows = [_event(job, 0, "Created fine-tuning job", None)]
        if job["status"] in {"running", "succeeded"}:
            told = STEPS if job["status"] == "succeeded" else STEPS // 2
            rows += [
                _event(job, step, f"Step {step}", _figures(step)) for step in range(1, told + 1)
            ]
        return self._page(list(reversed(rows)), request)

    def _list_checkpoints(self, request: "Received") -> Answer:
        job = self.jobs.get(request.path.split("/")[4])
        if job is None:
            return missing("job")
        steps = (2, 4, 6) if job["status"] == "succeeded" else ()
        rows = [
            {
                "id": f"ftckpt-{job['id']}-{step}",
                "object": "fine_tuning.job.checkpoint",
                "created_at": job["created_at"],
                "fine_tuning_job_id": job["id"],
                "fine_tuned_model_checkpoint": f"ft:{job['model']}:org:vex:ckpt-step-{step}",
                "step_number": step,
                "metrics": {"step": step, "train_loss": 2 - step / 10, "full_valid_loss": 1.5},
            }
            for step in steps
        ]
        return self._page(list(reversed(rows)), request)

    def _list_models(self, _request: "Received") -> Answer:
        names = ["gpt-4o-mini", *(job["fine_tuned_model"] for job in self.jobs.values())]
        rows = [_model(name) for name in names if name]
        return as_json({"object": "list", "data": rows})

    def _get_model(self, request: "Received") -> Answer:
        return as_json(_model(request.path.split("/")[3]))

    def _moderate(self, request: "Received") -> Answer:
        texts = request.json()["input"]
        return as_json(
            {"id": "modr-1", "model": request.json()["model"], "results": [*map(_judged, texts)]}
        )

    def _chat(self, request: "Received") -> Answer:
        asked = request.json()
        base = {"id": "chatcmpl-1", "created": int(time.time()), "model": asked["model"]}
        usage = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
        if not asked.get("stream"):
            said = "".join(self.reply)
            if self.replies:
                said = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
            message = {"role": "assistant", "content": said, "refusal": None}
            reason = self.finish_reason
            choice = {"index": 0, "finish_reason": reason, "logprobs": None, "message": message}
            return as_json(
                base | {"object": "chat.completion", "choices": [choice], "usage": usage}
            )
        base["object"] = "chat.completion.chunk"
        deltas = [({"role": "assistant", "content": text}, None) for text in self.reply]
        deltas.append(({}, "stop"))
        chunks = [
            base | {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
            for delta, reason in deltas
        ]
        if (asked.get("stream_options") or {}).get("include_usage"):
            chunks.append(base | {"choices": [], "usage": usage})
        return Answer(chunks=chunks)

    def _page(self, rows: list[dict[str, Any]], request: "Received") -> Answer:
        query = dict(request.query)
        start = 0
        if after := query.get("after"):
            start = 1 + next((i for i, row in enumerate(rows) if row["id"] == after), len(rows))
        size = min(int(query.get("limit", 20)), self.page_size)
        page = rows[start : start + size]
        answer = {"object": "list", "data": page, "has_more": start + size < len(rows)}
        edges = {
            "first_id": page[0]["id"] if page else "",
            "last_id": page[-1]["id"] if page else "",
        }
        return as_json(answer | edges)


def _judged(text: str) -> dict[str, Any]:
    """Flag what has the word anvil in it."""
    is_violent = "anvil" in text
    names = [
        *("harassment", "harassment/threatening", "hate", "hate/threatening", "illicit"),
        *("illicit/violent", "self-harm", "self-harm/instructions", "self-harm/intent", "sexual"),
        *("sexual/minors", "violence", "violence/graphic"),
    ]
    flags = {name: is_violent and name == "violence" for name in names}
    return {
        "flagged": is_violent,
        "categories": flags,
        "category_scores": {name: 0.91 if flag else 0.01 for name, flag in flags.items()},
        "category_applied_input_types": {name: ["text"] for name in names},
    }


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 1, "owned_by": "test"}


def _figures(step: int) -> dict[str, float]:
    figures = {"train_loss": 2 - step / 10, "train_mean_token_accuracy": step / 10}
    return figures | ({"full_valid_loss": 1.5} if step == STEPS else {})


def _event(
    job: dict[str, Any], step: int, message: str, figures: dict[str, float] | None
) -> dict[str, Any]:
    event = {
        "id": f"ftevent-{job['id']}-{step}",
        "object": "fine_tuning.job.event",
        "created_at": job["created_at"] + step,
        "level": "info",
        "message": message,
        "type": "metrics" if figures else "message",
    }
    data = {"step": step, "total_steps": STEPS, **figures} if figures else {}
    return event | {"data": data}
