"""The files of each format, read back."""

import csv
import io
import json
from pathlib import Path

import pytest

from curation.domain.dataset_build import build_dataset
from curation.domain.datasets import DatasetError, request_dataset
from curation.domain.export_formats import csv_pieces, parquet_pieces, sharegpt_lines
from curation.domain.exports import request_export, write_export, write_files
from curation.domain.training_records import Recipe
from curation.enums import DatasetState, ExportFormat, ExportState, Split
from curation.models import Character, DatasetRecord, DatasetVersion
from rickproject.lib.jsonl import encode_line
from tests.factories import make_approved_dialogues

RECORD = [
    {"role": "system", "content": "You are Mira."},
    {"role": "user", "content": "=1+1"},
    {"role": "assistant", "content": "Later.\nOr “never”.", "weight": 0},
    {"role": "user", "content": "Now?"},
    {"role": "assistant", "content": "Now."},
]
LINES = [encode_line({"messages": RECORD})]


@pytest.fixture
def dataset() -> DatasetVersion:
    project = make_approved_dialogues(12)
    dataset = request_dataset(
        project,
        actor=project.created_by,
        target=Character.objects.get(project=project, is_target=True),
        recipe=Recipe(trained_turns="last"),
    )
    build_dataset(dataset)
    DatasetVersion.objects.update(state=DatasetState.APPROVED)
    dataset.refresh_from_db()
    return dataset


def test_sharegpt_lines_rename_the_roles_and_keep_weights() -> None:
    (made,) = [json.loads(line) for line in sharegpt_lines(LINES)]
    assert made["conversations"][1:3] == [
        {"from": "human", "value": "=1+1"},
        {"from": "gpt", "value": "Later.\nOr “never”.", "weight": 0},
    ]


def test_csv_pieces_escape_formulas_and_say_what_is_trained() -> None:
    made = b"".join(csv_pieces({Split.TRAIN: LINES, Split.VALIDATION: LINES * 2}))
    rows = list(csv.DictReader(io.StringIO(made.decode("utf-8-sig"), newline="")))
    assert [row["record"] for row in rows] == ["1"] * 10 + ["2"] * 5
    assert [row["trained"] for row in rows[:5]] == ["no", "no", "no", "no", "yes"]
    assert rows[1]["text"] == "'=1+1"
    assert rows[2]["text"] == RECORD[2]["content"]
    assert rows[-1]["split"] == "validation"


def test_parquet_pieces_hold_every_record_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is an extra")
    monkeypatch.setattr("curation.domain.export_formats.RECORDS_A_PIECE", 2)
    lines = [
        encode_line({"messages": [*RECORD, {"role": "user", "content": str(n)}]}) for n in "abc"
    ]
    pieces = list(parquet_pieces(lines))
    rows = parquet.read_table(io.BytesIO(b"".join(pieces))).to_pylist()
    assert [row["messages"][-1]["content"] for row in rows] == ["a", "b", "c"]
    assert [message["weight"] for message in rows[0]["messages"]] == [
        None,
        None,
        0,
        None,
        None,
        None,
    ]
    assert len(pieces) == 3  # two groups of rows and the end: never the whole file


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("file_format", "names"),
    [
        (ExportFormat.SHAREGPT, {"train.sharegpt.jsonl", "validation.sharegpt.jsonl"}),
        (ExportFormat.CSV, {"messages.csv"}),
        (
            ExportFormat.PREFERENCES,
            {"train.preferences.jsonl", "validation.preferences.jsonl"},
        ),
        (ExportFormat.HUGGING_FACE, {"train.parquet", "validation.parquet", "README.md"}),
    ],
)
def test_write_export_makes_the_files_of_each_format(
    dataset: DatasetVersion, file_format: ExportFormat, names: set[str]
) -> None:
    if file_format == ExportFormat.HUGGING_FACE:
        pytest.importorskip("pyarrow", reason="pyarrow is an extra")
    export = request_export(dataset, actor=dataset.created_by, file_format=file_format)
    assert write_export(export)
    assert (export.state, export.records_done) == (ExportState.DONE, 12)
    assert {file.name for file in export.files.all()} == names | {"manifest.json"}
    other = request_export(dataset, actor=dataset.created_by)
    assert other != export


@pytest.mark.django_db
def test_write_files_refuses_changed_records_in_every_format(
    dataset: DatasetVersion, tmp_path: Path
) -> None:
    record = DatasetRecord.objects.filter(split="train").first()
    assert record
    DatasetRecord.objects.filter(pk=record.pk).update(line=b'{"messages":[]}\n')
    with pytest.raises(DatasetError, match="differ from the manifest"):
        write_files(dataset, tmp_path, file_format=ExportFormat.CSV)
    assert not list(tmp_path.iterdir())
