from pathlib import Path
from typing import Any

import pytest

from tests.training.trainer.toy import toy_records, write_lines
from training.trainer.errors import TrainerError
from training.trainer.records import Message, ScriptLine, read_records, read_script

USER = {"role": "user", "content": "Pip: Hello."}


def test_read_records_honours_weight(tmp_path: Path) -> None:
    rows = [
        {
            "messages": [
                USER,
                {"role": "assistant", "content": "No.", "weight": 0},
                USER,
                {"role": "assistant", "content": "Yes.", "weight": 1},
            ]
        }
    ]
    write_lines(tmp_path / "train.jsonl", rows)
    (record,) = read_records(tmp_path / "train.jsonl")
    assert record.messages[1] == Message("assistant", "No.", trained=False)
    assert record.messages[3] == Message("assistant", "Yes.", trained=True)


def test_read_records_takes_an_absent_file_as_empty(tmp_path: Path) -> None:
    assert read_records(tmp_path / "validation.jsonl") == []


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"messages": []}, "has no messages"),
        ({"messages": [USER]}, "no assistant message"),
        ({"messages": [USER, {"role": "assistant", "content": " "}]}, "empty assistant"),
        ({"messages": [USER, {"role": "tool", "content": "x"}]}, "role 'tool'"),
        ({"messages": [USER, {"role": "assistant", "content": "x", "weight": 2}]}, "weight 2"),
        (["messages"], "not an object"),
        (
            {"messages": [USER, {"role": "assistant", "content": "x", "weight": 0}]},
            "no assistant message to learn",
        ),
    ],
)
def test_read_records_names_the_record_that_is_wrong(tmp_path: Path, row: Any, words: str) -> None:
    write_lines(tmp_path / "train.jsonl", [*toy_records(2), row])
    with pytest.raises(TrainerError, match=f"Record 3 of train.jsonl.*{words}"):
        read_records(tmp_path / "train.jsonl")


def test_read_script_drops_empty_lines_and_refuses_others(tmp_path: Path) -> None:
    path = tmp_path / "script.jsonl"
    write_lines(path, [{"segment": 1, "speaker": " Pip ", "text": "Hello. "}])
    assert read_script(path) == [ScriptLine(1, "Pip", "Hello.")]
    write_lines(path, [{"segment": 1, "speaker": "Pip", "text": " "}])
    assert read_script(path) == []
    write_lines(path, [{"segment": "1", "speaker": "Pip", "text": "Hello."}])
    with pytest.raises(TrainerError, match=r"Line 1 of script\.jsonl"):
        read_script(path)
