"""Training files that programs send: checked line by line, kept whole, deleted for good."""

import json
import shutil
import uuid
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from curation.domain.activity import record_activity
from curation.models import Project
from rickproject.config import get_config
from rickproject.lib.files import write_whole
from rickproject.lib.text import UNWRITABLE
from rickproject.lib.tokens import ESTIMATE, count_tokens
from training.enums import FINAL_JOB_STATES, Objective
from training.errors import TrainingError
from training.models import ApiKey, FineTuneJob, UploadedFile
from training.trainer.errors import TrainerError
from training.trainer.preferences import Preference, read_preferences
from training.trainer.records import Record, read_records

STORED_NAME = "upload.jsonl"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
LONGEST_NAME = 200
MOST_FILES = 500  # of one project
SWEPT_AT_ONCE = 200


class UploadError(TrainingError):
    """A file cannot be kept or deleted like this."""

    code = "invalid_file"


class FileInUseError(UploadError):
    """A job that is not over trains on the file."""

    code = "file_in_use"


def upload_path(file: UploadedFile) -> Path:
    """Return where a file's bytes are."""
    return _folder(file.uuid) / STORED_NAME


def _folder(identity: uuid.UUID) -> Path:
    return get_config().var_dir / "api-files" / str(identity)


def store_upload(
    project: Project,
    *,
    user: User,
    key: ApiKey | None,
    name: str,
    content: Iterable[bytes],
    seconds: int | None = None,
) -> UploadedFile:
    """Check a file of chat records or preference pairs and keep it, without a byte order mark.

    Args:
        seconds: after which it is deleted by itself; None for never.

    Raises:
        UploadError: a line is no training record, it holds none, or the project has too many files.
    """
    if UploadedFile.objects.filter(project=project, deleted_at=None).count() >= MOST_FILES:
        raise UploadError(f"This project has {MOST_FILES} uploaded files; delete some first.")
    identity = uuid.uuid4()
    folder = _folder(identity)
    try:
        digest, size = write_whole(folder / STORED_NAME, _without_mark(content))
        objective = _objective(folder / STORED_NAME)
        records = _checked(folder / STORED_NAME, objective)
        with transaction.atomic():
            file = UploadedFile.objects.create(
                uuid=identity,
                project=project,
                name=_safe_name(name),
                byte_size=size,
                objective=objective,
                sha256=digest,
                record_count=len(records),
                token_count=sum(_tokens(record) for record in records),
                uploaded_by=user,
                key=key,
                expires_at=timezone.now() + timedelta(seconds=seconds) if seconds else None,
            )
            record_activity("file.uploaded", project=project, actor=user, target=file)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return file


def _without_mark(content: Iterable[bytes]) -> Iterator[bytes]:
    is_first = True
    for chunk in content:
        yield chunk.removeprefix(BYTE_ORDER_MARK) if is_first else chunk
        is_first = False


def read_upload(file: UploadedFile) -> list[Record]:
    """Return the records of a kept file; a preference pair with its preferred reply."""
    return _read(upload_path(file), Objective(file.objective))


def _objective(path: Path) -> Objective:
    """Tell by its first line what a file is for; what is wrong with it is said later."""
    with path.open("rb") as lines:
        first = next((line for line in lines if line.strip()), b"")
    try:
        row = json.loads(first)
    except (ValueError, RecursionError):
        return Objective.SFT
    is_pair = isinstance(row, dict) and "preferred_output" in row
    return Objective.DPO if is_pair else Objective.SFT


def _read(path: Path, objective: Objective) -> list[Record]:
    return list(read_preferences(path) if objective == Objective.DPO else read_records(path))


def _checked(path: Path, objective: Objective) -> list[Record]:
    try:
        records = _read(path, objective)
    except UnicodeDecodeError as error:
        raise UploadError("The file is not UTF-8.") from error
    except RecursionError as error:
        raise UploadError("A line of the file is nested too deeply to be a record.") from error
    except TrainerError as error:
        raise UploadError(str(error)) from error
    if not records:
        raise UploadError("The file holds no record.")
    return records


def _tokens(record: Record) -> int:
    messages = [{"role": turn.role, "content": turn.content} for turn in record.messages]
    total = count_tokens(messages, ESTIMATE).total
    if isinstance(record, Preference):  # it is learnt against the other reply
        messages[-1]["content"] = record.rejected.content
        total += count_tokens(messages, ESTIMATE).total
    return total


def _safe_name(name: str) -> str:
    last = UNWRITABLE.sub("", name).replace("\\", "/").rpartition("/")[2].strip()
    return last[-LONGEST_NAME:] or STORED_NAME


@transaction.atomic
def delete_upload(file: UploadedFile, *, actor: User | None) -> None:
    """Delete a file's bytes; its row stays, for what was trained on it.

    Raises:
        FileInUseError: a job that is not over trains on it.
    """
    running = FineTuneJob.objects.filter(dataset__uploads__file=file)
    if running.exclude(state__in=FINAL_JOB_STATES).exists():
        raise FileInUseError("A job that is not over trains on this file; cancel it first.")
    now = timezone.now()
    if UploadedFile.objects.filter(pk=file.pk, deleted_at=None).update(deleted_at=now):
        record_activity("file.deleted", project=file.project, actor=actor, target=file)
        transaction.on_commit(lambda: shutil.rmtree(_folder(file.uuid), ignore_errors=True))


def delete_expired_uploads() -> int:
    """Delete the files whose time is over and that no open job needs.

    Returns:
        How many.
    """
    old = UploadedFile.objects.filter(expires_at__lte=timezone.now(), deleted_at=None)
    count = 0
    for file in old.select_related("project")[:SWEPT_AT_ONCE]:
        try:
            delete_upload(file, actor=None)
        except FileInUseError:
            continue
        count += 1
    return count
