import base64
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from curation.domain.dataset_build import build_dataset
from curation.domain.datasets import request_dataset
from curation.domain.training_records import Recipe
from curation.enums import DatasetState, Role
from curation.models import Activity, DatasetVersion, Project
from rickproject.config import get_config
from tests.factories import FineTuneJobFactory, ProjectFactory, make_approved_dialogues
from tests.training.api.world import ask, headers, judged, make_key
from training.domain.uploads import upload_path
from training.enums import JobState
from training.models import FineTuneJob, UploadedFile

pytestmark = pytest.mark.django_db
RECORD = {
    "messages": [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "Méé."}]
}
LINES = (json.dumps(RECORD, ensure_ascii=False) + "\n").encode() * 3
CSV = "step,train_loss\n1,2.5\n"


@pytest.fixture
def project() -> Project:
    return ProjectFactory()  # type: ignore[return-value]


@pytest.fixture
def secret(project: Project) -> str:
    return make_key(project, Role.MANAGER, may_files=True)[1]


def upload(secret: str, content: bytes = LINES, **more: str) -> tuple[int, Any]:
    body = {"purpose": "fine-tune", "file": SimpleUploadedFile("train.jsonl", content)} | more
    response = Client().post("/v1/files", body, headers=headers(secret))
    return response.status_code, judged(response, "POST", "/v1/files")


def content_of(secret: str, identity: str) -> bytes:
    response = Client().get(f"/v1/files/{identity}/content", headers=headers(secret))
    assert response.status_code == 200
    return response.getvalue()


def test_an_uploaded_file_is_kept_listed_read_and_deleted(project: Project, secret: str) -> None:
    status, made = upload(secret, b"\xef\xbb\xbf" + LINES)
    assert (status, made["filename"], made["bytes"]) == (200, "train.jsonl", len(LINES))
    row = UploadedFile.objects.get()
    assert (row.record_count, row.project) == (3, project)
    assert ask(secret, "GET", f"/v1/files/{made['id']}") == (200, made)
    assert ask(secret, "GET", "/v1/files")[1]["data"] == [made]
    assert content_of(secret, made["id"]) == LINES
    status, gone = ask(secret, "DELETE", f"/v1/files/{made['id']}")
    assert (status, gone["deleted"]) == (200, True)
    assert ask(secret, "GET", f"/v1/files/{made['id']}")[0] == 404
    verbs = list(Activity.objects.filter(project=project).values_list("verb", flat=True))
    assert verbs == ["file.deleted", "file.uploaded"]


@pytest.mark.django_db(transaction=True)
def test_a_deleted_file_leaves_no_bytes(project: Project, secret: str) -> None:
    made = upload(secret)[1]
    path = upload_path(UploadedFile.objects.get())
    assert path.exists()
    ask(secret, "DELETE", f"/v1/files/{made['id']}")
    assert not path.parent.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (LINES + b"{not json}\n", "Record 4 of upload.jsonl is not JSON"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"\n\n", "holds no record"),
        (b'{"messages": [{"role": "user", "content": "x"}]}', "no assistant message"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_file_that_cannot_be_learnt_from_is_refused_by_its_line(
    secret: str, content: bytes, words: str
) -> None:
    status, body = upload(secret, content)
    assert (status, body["error"]["code"]) == (400, "invalid_file")
    assert words in body["error"]["message"]
    assert not UploadedFile.objects.exists()


def test_other_purposes_and_times_are_refused(secret: str) -> None:
    found = [
        upload(secret, purpose="assistants")[1]["error"]["param"],
        upload(secret, **{"expires_after[anchor]": "created_at", "expires_after[seconds]": "5"})[1][
            "error"
        ]["param"],
    ]
    assert found == ["purpose", "expires_after.seconds"]
    more = {"expires_after[anchor]": "created_at", "expires_after[seconds]": "3600"}
    made = upload(secret, **more)[1]
    assert made["expires_at"] - made["created_at"] in {3599, 3600}


def test_a_malformed_upload_is_the_senders_fault(secret: str) -> None:
    for kind in ("multipart/form-data", "multipart/form-data; boundary=", "text/plain"):
        response = Client().post("/v1/files", b"x", kind, headers=headers(secret))
        assert response.status_code == 400
        assert response.json()["error"]["type"] == "invalid_request_error"


def test_a_list_of_files_comes_page_by_page_in_either_order(secret: str) -> None:
    made = [upload(secret)[1]["id"] for _ in range(3)]
    query = {"limit": "2"}
    page = ask(secret, "GET", "/v1/files", query)[1]
    assert ([row["id"] for row in page["data"]], page["has_more"]) == (made[:0:-1], True)
    rest = ask(secret, "GET", "/v1/files", query | {"after": page["last_id"]})[1]
    assert ([row["id"] for row in rest["data"]], rest["has_more"]) == (made[:1], False)
    oldest = ask(secret, "GET", "/v1/files", query | {"order": "asc"})[1]
    assert [row["id"] for row in oldest["data"]] == made[:2]
    for bad in ({"limit": "abc"}, {"limit": "-1"}, {"order": "up"}, {"after": "file-x"}):
        assert ask(secret, "GET", "/v1/files", bad)[0] == 400


def test_splits_of_an_approved_dataset_are_files(monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_approved_dialogues(4)
    target = project.characters.get(is_target=True)
    dataset = request_dataset(
        project,
        actor=project.created_by,
        target=target,
        recipe=Recipe(),
        validation_share=0.5,
        in_background=False,
    )
    build_dataset(dataset)
    secret = make_key(project, Role.MANAGER, may_files=True)[1]
    assert ask(secret, "GET", "/v1/files")[1]["data"] == []
    DatasetVersion.objects.update(state=DatasetState.APPROVED)
    rows = ask(secret, "GET", "/v1/files")[1]["data"]
    assert f"file-dataset-{dataset.pk}-train" in [row["id"] for row in rows]
    for row in rows:
        content = content_of(secret, row["id"])
        assert len(content) == row["bytes"]
        assert json.loads(content.splitlines()[0])["messages"]
    status, body = ask(secret, "DELETE", f"/v1/files/{rows[0]['id']}")
    assert (status, body["error"]["code"]) == (400, "not_deletable")


def test_figures_of_a_job_are_a_file_in_base64(project: Project) -> None:
    job = FineTuneJobFactory(project=project, state=JobState.SUCCEEDED, result_file=CSV)
    secret = make_key(project, Role.MANAGER, may_chat=False, may_train=True)[1]
    identity = f"file-result-{job.uuid.hex}"
    status, body = ask(secret, "GET", f"/v1/files/{identity}")
    content = content_of(secret, identity)
    assert (status, body["purpose"]) == (200, "fine-tune-results")
    assert (base64.b64decode(content).decode(), len(content)) == (CSV, body["bytes"])
    assert ask(secret, "GET", "/v1/files")[0] == 403


def test_files_are_for_managers_with_such_a_key_only(project: Project, secret: str) -> None:
    made = upload(secret)[1]["id"]
    chats = make_key(project, Role.MANAGER)[1]
    key, later = make_key(project, Role.MANAGER, may_files=True)
    key.user.memberships.update(role=Role.TESTER)
    elsewhere = make_key(ProjectFactory(), Role.MANAGER, may_files=True)[1]  # type: ignore[arg-type]
    assert [ask(key, "GET", f"/v1/files/{made}")[0] for key in (chats, later, elsewhere)] == [
        403,
        404,
        404,
    ]
    assert [upload(key)[0] for key in (chats, later)] == [403, 403]
    assert ask(elsewhere, "DELETE", f"/v1/files/{made}")[0] == 404
    assert FineTuneJob.objects.count() == 0


def test_a_file_over_the_limit_is_refused(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(get_config(), "upload_limit_mb", 1)
    status, body = upload(secret, b"x" * 1_200_000)
    assert (status, body["error"]["param"]) == (413, "file")
