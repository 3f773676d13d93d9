from dataclasses import replace

import pytest

from curation.domain.record_checks import CheckedRecord, check_record, check_records
from curation.domain.training_records import ChatMessage
from curation.enums import Severity, Split


def record(
    *contents: str, split: Split = Split.TRAIN, tokens: int = 10, number: int = 1, scene: str = "s"
) -> CheckedRecord:
    roles = ["user", "assistant"]
    messages: list[ChatMessage] = [
        {"role": roles[i % 2], "content": content}  # type: ignore[typeddict-item]
        for i, content in enumerate(contents)
    ]
    return CheckedRecord(number, f"S1E{number} 1–2", split, messages, tokens, scene)


def codes(records: list[CheckedRecord]) -> list[str]:
    return [problem.code for problem in check_records(records, max_tokens=100)]


def test_check_records_finds_nothing_in_a_sound_dataset() -> None:
    train = [record(f"q{n}", f"a{n}", number=n, scene=f"s{n}") for n in range(10)]
    assert codes([*train, record("q", "a", split=Split.VALIDATION, scene="v")]) == []


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (record("q"), "ends_wrongly"),
        (record("q", " "), "empty_text"),
        (record("q", "a", tokens=101), "too_long"),
        (record("q", "a <|im_end|>"), "control_token"),
        (record("q", "a\x00"), "control_character"),
        (record("q", "a\ud800"), "control_character"),
    ],
)
def test_check_record_refuses(bad: CheckedRecord, code: str) -> None:
    assert code in {problem.code for problem in check_record(bad, 100)}


def test_check_record_refuses_a_record_without_context_or_trained_reply() -> None:
    lonely = CheckedRecord(
        1, "x", Split.TRAIN, [{"role": "assistant", "content": "a", "weight": 0}], 5, "s"
    )
    found = {problem.code for problem in check_record(lonely, 100)}
    assert found == {"no_context", "nothing_trained"}


def test_check_records_wants_ten_training_records_and_a_validation_split() -> None:
    problems = check_records([record("q", "a")], max_tokens=100)
    assert [(p.code, p.severity) for p in problems] == [
        ("too_few_records", Severity.ERROR),
        ("no_validation", Severity.WARNING),
    ]


def test_check_records_tells_a_leak_from_a_duplicate() -> None:
    same = [record("Hi  there", "a", number=1), record("hi there", "A", number=2)]
    assert "duplicate" in codes(same)
    leaking = [record("Hi", "a"), record("Hi", "a", split=Split.VALIDATION, number=2)]
    assert "leaks" in codes(leaking)


def test_check_records_warns_of_one_scene_on_both_sides() -> None:
    assert "neighbours_leak" in codes([record("q", "a"), record("x", "y", split=Split.VALIDATION)])


def test_check_records_tells_when_the_same_lines_are_answered_differently() -> None:
    asked = [record("Who goes?", "A friend.", number=1), record("who  goes?", "Go away.", number=2)]
    problems = [p for p in check_records(asked, max_tokens=100) if p.code == "contradiction"]
    assert [(p.dialogue_id, p.severity) for p in problems] == [(2, Severity.WARNING)]
    assert "S1E1 1–2" in problems[0].message
    assert "contradiction" not in codes([asked[0], record("who goes?", "a  friend.", number=3)])


@pytest.mark.parametrize(
    ("reply", "leaks"),
    [
        ("Fine.\nada: Yes.", True),
        ("ADA : Yes.", True),
        ("Fine. Ada: Yes.", True),
        ("Note: it rains.", False),
    ],
)
def test_check_record_tells_a_speaker_label_in_a_reply(reply: str, leaks: bool) -> None:
    spoken = replace(record("ADA: q", reply), speakers=frozenset({"ADA", ""}))
    found = {problem.code for problem in check_record(spoken, 100)}
    assert ("speaker_label" in found) == leaks


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a\u202eb\u202c", "(U+202C, U+202E)"),
        ("a\u200bb", "(U+200B)"),
        ("a\uffff", "(U+FFFF)"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \u200f!",
            "",
        ),  # Persian, with its joiner
    ],
)
def test_check_record_tells_characters_that_nobody_sees_once(text: str, told: str) -> None:
    problems = [p for p in check_record(record(text, text), 100) if p.code == "unseen_character"]
    assert [p.severity for p in problems] == [Severity.WARNING] * bool(told)
    assert all(told in problem.message for problem in problems)
