import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from curation.domain import exports, frozen_records
from curation.domain.dataset_build import build_dataset
from curation.domain.datasets import DatasetError, request_dataset
from curation.domain.exports import exports_folder, request_export, write_export, write_files
from curation.domain.training_records import Recipe
from curation.enums import DatasetState, ExportState
from curation.models import Character, DatasetRecord, DatasetVersion, Export
from tests.factories import make_approved_dialogues

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset() -> DatasetVersion:
    project = make_approved_dialogues(12)
    dataset = request_dataset(
        project,
        actor=project.created_by,
        target=Character.objects.get(project=project, is_target=True),
        recipe=Recipe(),
    )
    build_dataset(dataset)
    DatasetVersion.objects.update(state=DatasetState.APPROVED)
    dataset.refresh_from_db()
    return dataset


def test_write_export_makes_files_that_equal_the_manifest(dataset: DatasetVersion) -> None:
    export = request_export(dataset, actor=dataset.created_by)
    assert write_export(export)
    assert (export.state, export.records_done) == (ExportState.DONE, 12)
    facts = json.loads(dataset.manifest)["files"]
    for file in export.files.exclude(name="manifest.json"):
        content = (exports_folder() / file.stored_path).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file.sha256
        assert file.sha256 == facts[file.name.removesuffix(".jsonl")]["sha256"]
        assert file.byte_size == len(content)


def test_write_export_twice_does_it_once(dataset: DatasetVersion) -> None:
    export = request_export(dataset, actor=dataset.created_by)
    assert write_export(export)
    assert not write_export(export)
    assert export.files.count() == 3


def test_request_export_gives_a_finished_export_again(dataset: DatasetVersion) -> None:
    export = request_export(dataset, actor=dataset.created_by)
    write_export(export)
    assert request_export(dataset, actor=dataset.created_by) == export


def test_request_export_writes_files_anew_that_are_gone_from_the_disk(
    dataset: DatasetVersion,
) -> None:
    lost = request_export(dataset, actor=dataset.created_by)
    write_export(lost)
    first = lost.files.get(name="train.jsonl")
    (exports_folder() / first.stored_path).unlink()
    again = request_export(dataset, actor=dataset.created_by)
    assert again == lost
    assert write_export(again)
    assert again.files.get(name="train.jsonl").sha256 == first.sha256
    assert request_export(dataset, actor=dataset.created_by) == again


def test_request_export_refuses_a_version_that_is_not_approved(dataset: DatasetVersion) -> None:
    dataset.state = DatasetState.WAITING
    with pytest.raises(DatasetError, match="only approved versions"):
        request_export(dataset, actor=dataset.created_by)


def test_write_files_refuses_bytes_that_differ_from_the_manifest(
    dataset: DatasetVersion, tmp_path: Path
) -> None:
    record = DatasetRecord.objects.filter(split="train").first()
    assert record
    DatasetRecord.objects.filter(pk=record.pk).update(line=b'{"messages":[]}\n')
    with pytest.raises(DatasetError, match="differ from the manifest"):
        write_files(dataset, tmp_path)
    assert not list(tmp_path.iterdir())


def test_write_export_tells_a_full_disk_in_words(
    dataset: DatasetVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = request_export(dataset, actor=dataset.created_by)

    def full(*_args: object, **_kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("curation.domain.exports.write_files", full)
    write_export(export)
    assert export.state == ExportState.FAILED
    assert "No space left on device" in export.error_detail


def test_request_export_after_a_failed_one_makes_another(dataset: DatasetVersion) -> None:
    failed = request_export(dataset, actor=dataset.created_by)
    Export.objects.update(state=ExportState.FAILED)
    assert request_export(dataset, actor=dataset.created_by) != failed


def test_write_export_stops_without_a_word_once_another_worker_has_it(
    dataset: DatasetVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = request_export(dataset, actor=dataset.created_by)
    monkeypatch.setattr(frozen_records, "RECORDS_A_CHUNK", 5)
    read = exports.write_whole

    def overtaken(path: Path, lines: Iterable[bytes]) -> tuple[str, int]:
        Export.objects.update(lease_owner="other")
        return read(path, lines)

    monkeypatch.setattr(exports, "write_whole", overtaken)
    assert not write_export(export)
    assert (Export.objects.get().state, export.files.count()) == (ExportState.RUNNING, 0)
