"""Where uploads lie: under names of ours, below the folder of the operator."""

import errno
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

from curation.models import Script
from rickproject.config import get_config
from rickproject.lib.files import write_whole

from .errors import FileTooLargeError, StorageFullError

MEGABYTE = 1024 * 1024


def upload_path(stored_path: str) -> Path:
    """Return where a stored file lies."""
    return get_config().var_dir / "uploads" / stored_path


def store_upload(
    project_id: int, content: Iterable[bytes], *, limit_megabytes: int
) -> tuple[str, str, int]:
    """Write an upload piece by piece under a name of ours.

    Returns:
        The stored path, the SHA-256 in hexadecimal and the size in bytes.

    Raises:
        FileTooLargeError: it is over the limit; nothing stays behind.
        StorageFullError: the disk is full; nothing stays behind.
    """
    stored_path = f"{project_id}/{uuid.uuid4().hex}"
    try:
        digest, size = write_whole(upload_path(stored_path), _bounded(content, limit_megabytes))
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        msg = "There is no room left on the server's disk, so the file was not stored. Tell the "
        raise StorageFullError(f"{msg}operator; then upload it again.") from error
    return stored_path, digest, size


def remove_upload(script: Script) -> None:
    """Delete a script's stored file, if it is there."""
    if script.stored_path:
        upload_path(script.stored_path).unlink(missing_ok=True)


def _bounded(content: Iterable[bytes], limit_megabytes: int) -> Iterator[bytes]:
    size = 0
    for piece in content:
        size += len(piece)
        if size > limit_megabytes * MEGABYTE:
            msg = f"The file is over {limit_megabytes} MB, the limit here. Split it by episodes."
            raise FileTooLargeError(msg)
        yield piece
