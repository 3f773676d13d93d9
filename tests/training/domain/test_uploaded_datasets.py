import pytest

from curation.domain.datasets import DatasetError, approve_dataset
from curation.domain.exports import request_export
from curation.enums import DatasetState, Split
from curation.models import DatasetVersion
from tests.factories import CharacterFactory, ProjectFactory, UserFactory
from training.domain.job_limits import JobError
from training.domain.jobs import start_job
from training.domain.uploaded_datasets import dataset_of_uploads, uploaded_bytes
from training.domain.uploads import store_upload, upload_path
from training.models import UploadedFile

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]
LINE = b'{"messages":[{"role":"user","content":"Who?"},{"role":"assistant","content":"Me."}]}\n'


@pytest.fixture
def file() -> UploadedFile:
    project = CharacterFactory(is_target=True).project
    return store_upload(
        project, user=project.created_by, key=None, name="a/b\\train\x00.jsonl", content=[LINE * 10]
    )


@pytest.fixture
def dataset(file: UploadedFile) -> DatasetVersion:
    return dataset_of_uploads(file.project, actor=file.uploaded_by, train=file, validation=None)


def test_an_uploaded_version_is_numbered_hashed_and_made_once(
    file: UploadedFile, dataset: DatasetVersion
) -> None:
    again = dataset_of_uploads(file.project, actor=file.uploaded_by, train=file, validation=None)
    assert again == dataset
    assert (dataset.number, dataset.state) == (1, DatasetState.UPLOADED)
    assert (dataset.train_count, dataset.validation_share) == (10, 0)
    assert uploaded_bytes(dataset, Split.TRAIN) == LINE * 10
    assert uploaded_bytes(dataset, Split.VALIDATION) == b""
    assert file.name == "train.jsonl"


def test_an_uploaded_version_is_neither_approved_nor_exported_nor_trained_on_from_the_page(
    dataset: DatasetVersion,
) -> None:
    admin = UserFactory(is_staff=True, is_superuser=True)
    with pytest.raises(DatasetError, match="uploaded by a program"):
        approve_dataset(dataset, approver=admin)
    with pytest.raises(DatasetError, match="only approved versions"):
        request_export(dataset, actor=dataset.created_by)
    order = {"provider": "local", "base_model": "script-base"}
    with pytest.raises(JobError, match="only approved versions"):
        start_job(dataset.project, actor=admin, dataset=dataset, **order)


def test_bytes_that_changed_or_are_gone_are_never_trained_on(
    file: UploadedFile, dataset: DatasetVersion
) -> None:
    upload_path(file).write_bytes(LINE * 11)
    with pytest.raises(DatasetError, match="was changed"):
        uploaded_bytes(dataset, Split.TRAIN)
    upload_path(file).unlink()
    with pytest.raises(DatasetError, match="was deleted"):
        uploaded_bytes(dataset, Split.TRAIN)


def test_a_project_without_a_character_to_learn_has_no_version() -> None:
    project = ProjectFactory()
    file = store_upload(project, user=project.created_by, key=None, name="", content=[LINE * 10])
    with pytest.raises(JobError, match="no target character"):
        dataset_of_uploads(project, actor=project.created_by, train=file, validation=None)
