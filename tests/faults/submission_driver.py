"""Submits jobs in processes that are killed at a named point, then lets another one go on.

Run by ``test_submission.py`` as a process of its own: it forks, which a test process must not.
Prints one JSON object a job.
"""

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import django
import openai  # noqa: F401  # before the forks, once

django.setup()

from django.db import connections  # noqa: E402

from curation.enums import Split  # noqa: E402
from curation.models import DatasetRecord, Dialogue  # noqa: E402
from rickproject.lib.jsonl import encode_line  # noqa: E402
from tests.factories import (  # noqa: E402
    DatasetVersionFactory,
    FineTuneJobFactory,
    make_dialogue,
    make_scene,
)
from training.domain import job_turns, submission  # noqa: E402
from training.domain.job_turns import advance_job  # noqa: E402
from training.models import FineTuneJob  # noqa: E402
from training.providers.openai_protocol import OpenAIProtocolProvider  # noqa: E402

POINTS: dict[str, tuple[Any, str]] = {
    "claimed": (submission, "_claim"),
    "file sent": (OpenAIProtocolProvider, "upload"),
    "file saved": (submission, "save_file_id"),
    "submitting": (submission, "_begin_submitting"),
    "about to send": (submission, "note_sending"),
    "sent": (OpenAIProtocolProvider, "start"),
    "saved": (submission, "save_remote_job"),
}
ANY_TIME = "any time"
LONGEST_SECONDS = 20


def shorten_waits() -> None:
    """Let minutes be tenths of a second: the order stays, the waiting goes."""
    submission.WAIT_SECONDS = 0.1
    submission.CLAIM_SECONDS = 0.5
    job_turns.TURN_LIMIT_SECONDS = 0.1


def new_job(dialogue: Dialogue, number: int) -> FineTuneJob:
    """Make a job on records of its own, so that no other job's files are the same."""
    dataset = DatasetVersionFactory(project=dialogue.project)
    messages = [
        {"role": "user", "content": f"Question {number}?"},
        {"role": "assistant", "content": f"Answer {number}."},
    ]
    DatasetRecord.objects.create(
        dataset=dataset,
        position=0,
        split=Split.TRAIN,
        dialogue=dialogue,
        dialogue_revision=1,
        line=encode_line({"messages": messages}),
        sha256="",
        token_count=9,
        message_count=2,
    )
    job: FineTuneJob = FineTuneJobFactory(
        project=dialogue.project, dataset=dataset, provider="openai", base_model="gpt-4o-mini"
    )
    return job


def in_a_process(work: Callable[[], None], *, kill_after: float | None = None) -> int:
    """Fork, work, end; return the status that the system reports."""
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1]


def die_after(point: str) -> None:
    """Kill this very process as soon as the named step is done."""
    owner, name = POINTS[point]
    real = getattr(owner, name)

    def dying(*args: Any, **kwargs: Any) -> None:
        real(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, dying)


def submit(job_id: int) -> None:
    """Take turns until the provider's id is saved, then three more."""
    more, deadline = 3, time.monotonic() + LONGEST_SECONDS
    while more and time.monotonic() < deadline:
        job = FineTuneJob.objects.get(pk=job_id)
        more -= job.remote_id is not None
        FineTuneJob.objects.filter(pk=job_id).update(next_poll_at=None)
        advance_job(job)
        time.sleep(0.02)


def submit_and_die(job_id: int, point: str) -> None:
    """Take turns and be killed at a point."""
    if point in POINTS:
        die_after(point)
    submit(job_id)


def main(point: str, repeats: int) -> None:
    """Kill one process at the point, let the next one finish; again and again."""
    shorten_waits()
    random.seed(f"{point} {repeats}")
    dialogue = make_dialogue(make_scene("PIP: Who?\nVEX: Me."))
    for number in range(repeats):
        facts = kill_and_finish(new_job(dialogue, number), point)
        sys.stdout.write(json.dumps(facts) + "\n")
        sys.stdout.flush()


def kill_and_finish(job: FineTuneJob, point: str) -> dict[str, Any]:
    """Kill one process at the point and let the next one finish; return what came of it."""
    kill_after = random.uniform(0.02, 0.6) if point == ANY_TIME else None
    status = in_a_process(lambda: submit_and_die(job.pk, point), kill_after=kill_after)
    begun = time.monotonic()
    in_a_process(lambda: submit(job.pk))
    job.refresh_from_db()
    return {
        "uuid": str(job.uuid),
        "killed": os.WIFSIGNALED(status),
        "remote_id": job.remote_id,
        "file_id": job.training_file_id,
        "seconds": round(time.monotonic() - begun, 2),
    }


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
