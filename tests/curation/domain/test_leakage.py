"""What the splits share is counted word for word."""

from curation.domain.leakage import find_leakage
from curation.domain.record_checks import CheckedRecord
from curation.domain.training_records import ChatMessage
from curation.enums import Split
from curation.queries.dataset_statistics import Leakage, Overlap


def record(split: Split, scene: str, *said: str) -> CheckedRecord:
    messages: list[ChatMessage] = [
        {"role": "assistant" if at % 2 else "user", "content": text} for at, text in enumerate(said)
    ]
    return CheckedRecord(1, "S1E1", split, messages, 9, scene)


def test_leakage_counts_what_is_repeated_of_the_validation() -> None:
    records = [
        record(Split.TRAIN, "a", "Who is it?", "Me  again.", "Why?", "Because."),
        record(Split.VALIDATION, "a", "who IS it?", "Nobody."),
        record(Split.VALIDATION, "b", "And now?", "me again.", "Well?", "BECAUSE."),
    ]
    found = find_leakage(records, similar_pairs=3)
    assert found == Leakage(
        replies=Overlap(3, 2, ["me again.", "BECAUSE."]),
        prompts=Overlap(3, 1, ["who IS it?"]),
        scenes=2,
        shared_scenes=1,
        similar_pairs=3,
    )


def test_a_reply_that_is_not_trained_does_not_count() -> None:
    records = [
        record(Split.TRAIN, "a", "Who?", "Me."),
        record(Split.VALIDATION, "b", "Now?", "Me.", "So?", "No."),
    ]
    records[1].messages[1]["weight"] = 0
    found = find_leakage(records, similar_pairs=0)
    assert found is not None
    assert (found.replies.count, found.replies.repeated) == (1, 0)


def test_without_a_validation_nothing_leaks() -> None:
    assert find_leakage([record(Split.TRAIN, "a", "Who?", "Me.")], similar_pairs=0) is None
