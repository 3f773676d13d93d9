"""Small files that only their owner may read: keys, passwords, the broker's port."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def read_or_make(path: Path, make: Callable[[], str]) -> str:
    """Return a file's text; the first caller makes it, with mode 600.

    Two processes that start at the same moment both get the text of whoever came first: the
    file is written beside its place and linked there, which fails where there is one already.
    """
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = _write_private(path, make())
    try:
        os.link(partial, path)
    except FileExistsError:
        pass
    finally:
        partial.unlink()
    return path.read_text(encoding="utf-8").strip()


def replace_private(path: Path, text: str) -> None:
    """Write a whole file of mode 600 in place of what was there."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write_private(path, text).replace(path)


def _write_private(path: Path, text: str) -> Path:
    partial = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        handle.write(text)
    return partial
