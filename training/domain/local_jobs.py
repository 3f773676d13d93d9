"""Local training: a process of its own, started, watched and started again by short turns.

The lock in the job's folder decides whether a training process runs, whoever started it; the lease
in the row decides which machine looks after it. A process that died is started again and goes on
from its last whole checkpoint; one that ended in words of its own is believed.
"""

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from django.db.models import Q
from django.utils import timezone

from curation.domain import leases
from rickproject.config import get_config
from rickproject.lib.errors import RickError
from training.domain.job_folders import job_folder, prepare_folder
from training.domain.job_records import (
    end_cancelled,
    fail_job,
    move_job,
    set_next_turn,
)
from training.domain.jobs import note_event
from training.domain.local_progress import finish_job, import_progress, store_kept
from training.enums import JobState
from training.models import FineTuneJob
from training.providers.registry import missing_for
from training.trainer import files
from training.trainer.errors import JobLockedError, TrainerError

TURN_SECONDS = 2.0
LEASE_SECONDS = 60
PAUSE_SECONDS = 600  # between two looks at a job that rests
START_SECONDS = 20  # from the start of the process until it holds its lock
LOCK_PATIENCE_SECONDS = 2.0
LOG, STARTED = "trainer.log", "started"
SECRETS = ("KEY", "SECRET", "TOKEN", "PASSWORD", "DATABASE_URL", "REDIS_URL")
LAST_LOG_LINES = 5
WAITING = "waiting"

_children: dict[str, subprocess.Popen[bytes]] = {}


def advance_local_job(job: FineTuneJob) -> None:
    """Take one turn with a local job: start it, bring its figures in, or end it."""
    if not _keep_lease(job):
        set_next_turn(job, seconds=LEASE_SECONDS / 2)
        return
    folder = job_folder(job)
    if job.cancel_requested_at:
        if job.started_at is None:
            end_cancelled(job)
            return
        files.request_cancel(folder)
    elif job.state == JobState.PAUSED:
        set_next_turn(job, seconds=PAUSE_SECONDS)
        return
    is_running = files.is_running(folder) if folder.exists() else False
    _reap()
    import_progress(job, folder)
    result = files.read_result(folder)
    if is_running or _is_starting(job, folder):
        if job.state == JobState.PAUSING and not job.cancel_requested_at:
            _interrupt(job, folder)
        set_next_turn(job, seconds=TURN_SECONDS)
    elif job.state == JobState.PAUSING and (result is None or result.outcome == "interrupted"):
        _rest(job, folder)
    elif result is None or result.outcome == "interrupted":
        _start_again(job, folder, was_killed=result is None)
    else:
        finish_job(job, folder, result)


def _interrupt(job: FineTuneJob, folder: Path) -> None:
    """Ask the training process to stop; it goes on from its last whole checkpoint later."""
    child = _children.get(str(job.uuid))
    progress = files.read_progress(folder)
    pid = child.pid if child else progress.pid if progress else None
    if pid is not None and files.is_running(folder):  # else the number may be another's by now
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)


def _end_resting(job: FineTuneJob, folder: Path) -> None:
    """End a job whose process has stopped; what it kept can still become a model."""
    if result := files.read_result(folder):
        store_kept(job, result)
    end_cancelled(job)


def _rest(job: FineTuneJob, folder: Path) -> None:
    """Leave a job whose process has stopped until somebody lets it go on, or ends it."""
    if job.cancel_requested_at:
        _end_resting(job, folder)
    elif move_job(job, to=JobState.PAUSED, lease_until=None, eta_seconds=None):
        note_event(job, f"paused-{job.step}", f"Paused at step {job.step}.")
        set_next_turn(job, seconds=PAUSE_SECONDS)


def _keep_lease(job: FineTuneJob) -> bool:
    host, now = socket.gethostname()[:60], timezone.now()
    mine = Q(lease_owner=host) | Q(lease_owner="") | Q(lease_until=None) | Q(lease_until__lt=now)
    changed = FineTuneJob.objects.filter(mine, pk=job.pk).update(
        lease_owner=host, lease_until=now + timedelta(seconds=LEASE_SECONDS)
    )
    job.refresh_from_db()
    return bool(changed)


def _reap() -> None:
    """Collect the exit codes of our children, so that none stays behind as a zombie.

    A job may end while its process still exits; another job's turn collects it then.
    """
    for key, child in list(_children.items()):
        if child.poll() is not None:
            del _children[key]


def _is_starting(job: FineTuneJob, folder: Path) -> bool:
    """Say whether a process was started a moment ago and has not shown itself yet."""
    child = _children.get(str(job.uuid))
    if child is not None:
        return child.poll() is None
    try:
        started_at = (folder / STARTED).stat().st_mtime
    except FileNotFoundError:
        return False
    progress = files.read_progress(folder)
    if files.read_result(folder) or (progress and progress.updated_at >= started_at):
        return False
    return timezone.now().timestamp() - started_at < START_SECONDS


def _start_again(job: FineTuneJob, folder: Path, *, was_killed: bool) -> None:
    if job.cancel_requested_at:
        _end_resting(job, folder)
        return
    has_run = job.started_at is not None
    if job.state != JobState.RUNNING and _machine_is_busy(
        job
    ):  # looked at again when it takes the machine
        _wait_for_machine(job)
        return
    attempts = job.attempts + (1 if has_run and was_killed else 0)
    if attempts > leases.MAXIMUM_ATTEMPTS:
        fail_job(job, code="trainer_killed", detail=_death_words(folder))
        return
    if missing := missing_for(job.provider):
        fail_job(job, code="trainer_missing", detail=missing)
        return
    try:
        prepare_folder(job)
    except (RickError, TrainerError) as error:
        fail_job(job, code=error.code, detail=str(error))
        return
    except OSError as error:
        detail = f"The job's files could not be written: {error.strerror}. Make room and try again."
        fail_job(job, code="disk", detail=detail)
        return
    if has_run and was_killed:
        note_event(
            job, f"killed-{attempts}", "The training process was ended from outside.", level="warn"
        )
    if _take_machine(job, attempts=attempts):
        start_trainer(job, folder)
        set_next_turn(job, seconds=TURN_SECONDS)


def _take_machine(job: FineTuneJob, *, attempts: int) -> bool:
    """Make a job the one that runs on this machine; one at a time.

    Looking and taking happen under a lock on this machine's disk, so that two workers that start
    two jobs at once cannot both find the machine free. A job that has it already keeps it.
    """
    values = {} if job.started_at else {"started_at": timezone.now()}
    stage = "starting" if job.stage in {"", WAITING} else job.stage
    try:
        with files.locked(_machine_lock(), patience_seconds=LOCK_PATIENCE_SECONDS):
            if job.state == JobState.RUNNING or not _machine_is_busy(job):
                return move_job(job, to=JobState.RUNNING, attempts=attempts, stage=stage, **values)
    except JobLockedError:
        pass  # somebody is starting another one: that is busy, too
    _wait_for_machine(job)
    return False


def _wait_for_machine(job: FineTuneJob) -> None:
    FineTuneJob.objects.filter(pk=job.pk).update(stage=WAITING)
    set_next_turn(job, seconds=TURN_SECONDS)


def _machine_lock() -> Path:
    return get_config().var_dir / "jobs" / ".starting.lock"


def _machine_is_busy(job: FineTuneJob) -> bool:
    others = FineTuneJob.objects.filter(
        provider=job.provider,
        state__in=[JobState.RUNNING, JobState.PAUSING],
        lease_owner=job.lease_owner,
    )
    return others.exclude(pk=job.pk).exists()


def start_trainer(job: FineTuneJob, folder: Path) -> None:
    """Start the training process in a session of its own, so that it outlives its starter."""
    command = [sys.executable, "-m", "training.trainer", str(folder.resolve())]
    threads = str(get_config().trainer_threads)
    root = Path(__file__).resolve().parents[2]
    environment = {
        name: value
        for name, value in os.environ.items()
        if not any(word in name.upper() for word in SECRETS)
    } | {"OMP_NUM_THREADS": threads}
    (folder / files.RESULT).unlink(missing_ok=True)
    (folder / STARTED).touch()
    with (folder / LOG).open("ab") as log:
        _children[str(job.uuid)] = subprocess.Popen(  # noqa: S603  # our own module
            command,
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _death_words(folder: Path) -> str:
    try:
        text = (folder / LOG).read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    tail = " ".join(text.strip().splitlines()[-LAST_LOG_LINES:])[-600:]
    words = (
        "The training process was ended three times without a word; often the memory did not "
        "suffice."
    )
    return f"{words} It last wrote: {tail}" if tail else words
