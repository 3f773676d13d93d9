"""What the validation split shares with the training split: what makes its figures flatter."""

from collections.abc import Iterator, Sequence

from curation.domain.record_checks import CheckedRecord
from curation.enums import Split
from curation.queries.dataset_statistics import Leakage, Overlap

MOST_EXAMPLES = 5


def find_leakage(records: Sequence[CheckedRecord], *, similar_pairs: int) -> Leakage | None:
    """Compare the splits word for word; case and blanks do not count. None without a validation.

    Args:
        similar_pairs: pairs of dialogues that are nearly the same and were kept together.
    """
    train = [record for record in records if record.split == Split.TRAIN]
    held_out = [record for record in records if record.split == Split.VALIDATION]
    if not held_out:
        return None
    replies = _overlap(train, held_out, "assistant")
    prompts = _overlap(train, held_out, "user")
    scenes = {record.scene for record in held_out}
    shared = scenes & {record.scene for record in train}
    return Leakage(replies, prompts, len(scenes), len(shared), similar_pairs)


def _overlap(
    train: Sequence[CheckedRecord], held_out: Sequence[CheckedRecord], role: str
) -> Overlap:
    known = {_folded(text) for record in train for text in _said(record, role)}
    texts = [text for record in held_out for text in _said(record, role)]
    repeated = [text for text in texts if _folded(text) in known]
    examples = sorted(dict.fromkeys(repeated), key=len, reverse=True)[:MOST_EXAMPLES]
    return Overlap(len(texts), len(repeated), examples)


def _said(record: CheckedRecord, role: str) -> Iterator[str]:
    """Yield the trained replies, or what the character answers there."""
    for message in record.messages:
        if message["role"] == role and message.get("weight", 1):
            yield message["content"]


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
