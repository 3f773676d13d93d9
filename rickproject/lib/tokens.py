"""Counting tokens without a network.

OpenAI's encodings are tiktoken's, over the vocabulary files that the installed package
``bpe-openai`` carries; a local model's tokens are counted by its own ``tokenizer.json``.
"""

import gzip
import hashlib
import importlib.resources
import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from rickproject.config import get_config
from rickproject.lib.errors import RickError
from rickproject.lib.files import write_whole

# The names under which tiktoken looks for its files: the SHA-1 of the address it would fetch.
VOCABULARY_FILES = {
    "o200k_base": "fb374d419588a4632f3f557e76b4b70aebbca790",
    "cl100k_base": "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
}
DEFAULT_TOKENIZER = "o200k_base"
ESTIMATE = "estimate"
SCRIPT_PREFIX, KEPT_PREFIX = "script:", "kept:"
KEPT_MARK_LENGTH = 24
BYTES_PER_TOKEN = 3  # deliberately few, so that the estimate is an upper bound for English
TOKENS_PER_MESSAGE = 3  # OpenAI cookbook, "How to count tokens with tiktoken"
TOKENS_PER_REPLY = 3


class UnknownTokenizerError(RickError):
    """No tokenizer of that name is installed."""

    code = "unknown_tokenizer"


@dataclass(frozen=True)
class TokenCount:
    """Tokens of one training record.

    Attributes:
        per_message: tokens of each message, its overhead included.
        total: tokens of the whole record.
        is_estimate: an upper bound from the number of bytes, not a count.
    """

    per_message: list[int]
    total: int
    is_estimate: bool = False


class _Encoder(Protocol):
    def encode_ordinary(self, text: str) -> list[int]: ...


def script_tokenizer_path(project_slug: str) -> Path:
    """Return where the tokenizer of a project's own base model lies once it was trained."""
    return get_config().var_dir / "tokenizers" / project_slug / "tokenizer.json"


def available_tokenizers(project_slug: str) -> list[str]:
    """Return the names :func:`count_tokens` knows for a project; the default comes first."""
    names = list(VOCABULARY_FILES)
    if script_tokenizer_path(project_slug).exists():
        names.append(f"{SCRIPT_PREFIX}{project_slug}")
    return names


def kept_tokenizer(tokenizer: str) -> str:
    """Return a name that always means what ``tokenizer`` means now.

    The next training of a project replaces ``script:<project>``; a copy under the name of its own
    hash stays, so that whatever was counted with it can be counted again. Other names never change
    their meaning and are returned as they are.
    """
    if not tokenizer.startswith(SCRIPT_PREFIX):
        return tokenizer
    try:
        content = script_tokenizer_path(tokenizer.removeprefix(SCRIPT_PREFIX)).read_bytes()
    except FileNotFoundError:
        return tokenizer
    mark = hashlib.sha256(content).hexdigest()[:KEPT_MARK_LENGTH]
    if not _kept_path(mark).exists():
        write_whole(_kept_path(mark), [content])
    return f"{KEPT_PREFIX}{mark}"


def _kept_path(mark: str) -> Path:
    return get_config().var_dir / "tokenizers" / ".kept" / f"{mark}.json"


def count_tokens(
    messages: Sequence[Mapping[str, Any]], tokenizer: str = DEFAULT_TOKENIZER
) -> TokenCount:
    """Count the tokens of a chat record.

    Args:
        messages: mappings with ``role`` and ``content``.
        tokenizer: ``o200k_base``, ``cl100k_base``, ``script:<project>``, ``kept:<hash>`` or
            ``estimate``.

    Raises:
        UnknownTokenizerError: there is no such tokenizer here.

    Source: OpenAI cookbook, "How to count tokens with tiktoken" (3 a message, 3 for the reply).
    """
    if tokenizer in VOCABULARY_FILES:
        encoder = _openai_encoder(tokenizer)
        counts = [
            TOKENS_PER_MESSAGE
            + len(encoder.encode_ordinary(str(message["role"])))
            + len(encoder.encode_ordinary(str(message["content"])))
            for message in messages
        ]
        return TokenCount(counts, sum(counts) + TOKENS_PER_REPLY)
    if tokenizer.startswith((SCRIPT_PREFIX, KEPT_PREFIX)):
        return _count_by_file(messages, tokenizer)
    if tokenizer == ESTIMATE:
        counts = [_estimate(str(m["role"]) + str(m["content"])) + 4 for m in messages]
        return TokenCount(counts, sum(counts), is_estimate=True)
    msg = f"There is no tokenizer {tokenizer!r} here."
    raise UnknownTokenizerError(msg)


def _estimate(text: str) -> int:
    return math.ceil(len(text.encode("utf-8", "surrogatepass")) / BYTES_PER_TOKEN)


def _count_by_file(messages: Sequence[Mapping[str, Any]], tokenizer: str) -> TokenCount:
    kind, _, name = tokenizer.partition(":")
    is_kept = kind == "kept"
    if is_kept and not re.fullmatch(r"[0-9a-f]+", name):
        msg = f"There is no tokenizer {tokenizer!r} here."
        raise UnknownTokenizerError(msg)
    path = _kept_path(name) if is_kept else script_tokenizer_path(name)
    if not path.exists():
        msg = (
            f"The tokenizer {tokenizer} is missing from var/tokenizers; restore it from a backup."
            if is_kept
            else f"The tokenizer of {name} is made by its first local training."
        )
        raise UnknownTokenizerError(msg)
    encoder = _tokenizer_file(str(path), path.stat().st_mtime_ns)
    counts = [
        len(encoder.encode(f"<|im_start|>{m['role']}\n{m['content']}<|im_end|>\n").ids)
        for m in messages
    ]
    return TokenCount(counts, sum(counts))


@lru_cache(maxsize=4)
def _tokenizer_file(path: str, _modified_ns: int) -> Any:
    try:
        from tokenizers import Tokenizer  # noqa: PLC0415  # comes with the training step only
    except ImportError as error:
        msg = "Counting a local model's tokens needs the training step: run 'make run' with it."
        raise UnknownTokenizerError(msg) from error
    return Tokenizer.from_file(path)


@lru_cache(maxsize=2)
def _openai_encoder(name: str) -> _Encoder:
    import tiktoken  # noqa: PLC0415  # loads only where tokens are counted

    folder = get_config().var_dir / "cache" / "tiktoken"
    target = folder / VOCABULARY_FILES[name]
    if not target.exists():
        packed = importlib.resources.files("bpe_openai.data") / f"{name}.tiktoken.gz"
        write_whole(target, [gzip.decompress(packed.read_bytes())])
    os.environ["TIKTOKEN_CACHE_DIR"] = str(folder)
    return tiktoken.get_encoding(name)
