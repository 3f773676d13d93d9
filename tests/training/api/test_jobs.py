import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from curation.enums import DatasetState, Role, Split
from curation.models import DatasetVersion, Project
from rickproject.config import get_config
from tests.factories import (
    CharacterFactory,
    FineTuneJobFactory,
    ModelVersionFactory,
    UtteranceFactory,
    make_member,
)
from tests.training.api.world import ask, headers, make_key
from tests.training.jobs_world import approved_dataset
from training.api.job_objects import STATUSES, job_id
from training.domain.job_folders import prepare_folder, script_lines
from training.domain.job_records import store_checkpoints, store_events
from training.domain.model_versions import model_name
from training.domain.submission import _content
from training.enums import JobState
from training.models import FineTuneJob, JobOrder

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]
JOBS = "/v1/fine_tuning/jobs"
TIME = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def project() -> Project:
    return CharacterFactory(name="VEX", is_target=True).project  # type: ignore[no-any-return]


@pytest.fixture
def secret(project: Project) -> str:
    deeds = {"may_files": True, "may_train": True, "may_train_uploads": True}
    return make_key(project, Role.MANAGER, **deeds)[1]


def lines(count: int, reply: str = "The moon is in the fridge.") -> bytes:
    record = {"messages": [{"role": "user", "content": "Who?"}]}
    answer = {"role": "assistant", "content": reply}
    body = {"messages": [*record["messages"], answer]}
    return (json.dumps(body) + "\n").encode() * count


def upload(secret: str, content: bytes) -> str:
    body = {"purpose": "fine-tune", "file": SimpleUploadedFile("train.jsonl", content)}
    found: str = Client().post("/v1/files", body, headers=headers(secret)).json()["id"]
    return found


def order(secret: str, **more: object) -> tuple[int, Any]:
    return ask(secret, "POST", JOBS, {"model": "script-base"} | more)


def test_a_job_on_uploads_is_one_like_from_the_page_and_marked_as_such(
    project: Project, secret: str
) -> None:
    train, held = upload(secret, lines(12)), upload(secret, lines(3, "Everybody out of here."))
    status, body = order(
        secret,
        training_file=train,
        validation_file=held,
        suffix="moon",
        seed=7,
        metadata={"who": "ada"},
        method={
            "type": "supervised",
            "supervised": {"hyperparameters": {"n_epochs": 2, "learning_rate_multiplier": 0.5}},
        },
    )
    assert (status, body["status"], body["training_file"]) == (200, "queued", train)
    assert (body["validation_file"], body["seed"], body["metadata"]) == (held, 7, {"who": "ada"})
    chosen = body["method"]["supervised"]["hyperparameters"]
    assert (chosen["n_epochs"], chosen["learning_rate_multiplier"]) == (2, 0.5)
    assert body["user_provided_suffix"] == "moon"
    job = FineTuneJob.objects.get()
    assert (job.dataset.state, job.dataset.train_count) == (DatasetState.UPLOADED, 12)
    assert job.hyperparameters["learning_rate"] == pytest.approx(
        0.5 * _usual(job.hyperparameters["learning_rate"])
    )
    UtteranceFactory(episode__script__project=project, text="Everybody out of here.")
    folder = prepare_folder(job)
    assert (folder / "train.jsonl").read_bytes() == lines(12)
    assert (folder / "validation.jsonl").read_bytes() == _content(job, Split.VALIDATION)
    assert not list(script_lines(job.dataset))
    again = order(secret, training_file=train, validation_file=held)[1]
    assert again["id"] != body["id"]
    assert DatasetVersion.objects.count() == 1
    status, refused = ask(secret, "DELETE", f"/v1/files/{train}")
    assert (status, refused["error"]["code"]) == (409, "file_in_use")


def _usual(_rate: float) -> float:
    from training.trainer.spec import DEFAULTS

    return float(DEFAULTS["script"]["learning_rate"])


def test_a_job_on_an_approved_dataset_needs_no_leave_for_uploads() -> None:
    dataset = approved_dataset(12)
    key = {"user": dataset.created_by, "may_files": True, "may_train": True}
    secret = make_key(dataset.project, **key)[1]
    train = f"file-dataset-{dataset.pk}-train"
    status, body = order(secret, training_file=train)
    assert (status, body["training_file"]) == (200, train)
    assert FineTuneJob.objects.get().dataset == dataset
    uploaded = upload(secret, lines(10))
    status, refused = order(secret, training_file=uploaded)
    assert (status, refused["error"]["code"]) == (403, "insufficient_permissions")
    status, mixed = order(secret, training_file=train, validation_file=uploaded)
    assert (status, mixed["error"]["param"]) == (400, "validation_file")
    dataset.state = DatasetState.RETURNED
    dataset.save()
    assert order(secret, training_file=train)[1]["error"]["code"] == "invalid_file"


def test_an_operator_may_let_every_training_key_train_on_uploads(
    project: Project, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = upload(secret, lines(10))
    plain = make_key(project, Role.MANAGER, may_train=True)[1]
    assert order(plain, training_file=train)[0] == 403
    monkeypatch.setattr(get_config(), "api_trains_on_uploads", True)
    assert order(plain, training_file=train)[0] == 200


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"training_file": None}, "training_file"),
        ({"training_file": "file-nothing"}, "training_file"),
        ({"seed": -1}, "seed"),
        ({"suffix": "x" * 65}, "suffix"),
        ({"hyperparameters": {"n_epochs": 500}}, "hyperparameters.n_epochs"),
        ({"method": {"type": "sft"}}, "method.type"),
        ({"method": {"type": "reinforcement"}}, "method.type"),
        ({"model": "gpt-4o-mini-2024-07-18"}, "model"),
        ({"metadata": {"a": 1}}, "metadata.a"),
        ({"integrations": [{"type": "wandb"}]}, "integrations"),
        ({"nonsense": 1}, "nonsense"),
        ({"training_file": "few"}, "training_file"),
    ],
)
def test_a_bad_order_is_refused_by_the_name_of_its_field(
    secret: str, more: dict[str, object], param: str
) -> None:
    if more.get("training_file") == "few":
        more = {"training_file": upload(secret, lines(9))}
    else:
        more = {"training_file": upload(secret, lines(10))} | more
    status, body = order(secret, **more)
    assert status == 400
    assert body["error"]["param"].startswith(param)
    assert not FineTuneJob.objects.exists()


def test_a_name_of_openai_may_stand_for_a_local_base(
    secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_config(), "api_base_models", "gpt-4o-mini=script-base")
    body = order(secret, model="gpt-4o-mini", training_file=upload(secret, lines(10)))[1]
    assert (body["model"], body["base_model"]) == ("gpt-4o-mini", "script-base")


def test_the_same_order_twice_is_one_job(secret: str) -> None:
    body = {"model": "script-base", "training_file": upload(secret, lines(10))}
    ids = {ask(secret, "POST", JOBS, body, **{"Idempotency-Key": "k"})[1]["id"] for _ in range(2)}
    assert len(ids) == 1
    assert JobOrder.objects.count() == 1


def test_jobs_are_listed_by_page_and_by_metadata(project: Project, secret: str) -> None:
    made = [FineTuneJobFactory(project=project) for _ in range(3)]
    FineTuneJobFactory()
    made[0].tags.create(name="who", value="ada")
    ids = [f"ftjob-{job.uuid.hex}" for job in reversed(made)]
    page = ask(secret, "GET", JOBS, {"limit": "2"})[1]
    assert ([job["id"] for job in page["data"]], page["has_more"]) == (ids[:2], True)
    rest = ask(secret, "GET", JOBS, {"after": ids[1]})[1]
    assert ([job["id"] for job in rest["data"]], rest["has_more"]) == (ids[2:], False)
    for query, expected in (({"metadata[who]": "ada"}, ids[2:]), ({"metadata": "null"}, ids[:2])):
        found = Client().get(JOBS, query, headers=headers(secret)).json()["data"]
        assert [job["id"] for job in found] == expected
    assert ask(secret, "GET", JOBS, {"after": "ftjob-x"})[0] == 400


def test_every_state_of_ours_is_a_word_of_the_protocol() -> None:
    words = {"queued", "running", "pausing", "paused", "succeeded", "failed", "cancelled"}
    assert {STATUSES.get(state, state.value) for state in JobState} == words | {"validating_files"}


def test_a_list_of_jobs_asks_the_database_as_often_for_three(
    project: Project, secret: str, django_assert_max_num_queries: Any
) -> None:
    counts = []
    for _ in range(2):
        FineTuneJobFactory(project=project).tags.create(name="a", value="b")
        ask(secret, "GET", JOBS)
        with django_assert_max_num_queries(20) as found:
            ask(secret, "GET", JOBS)
        counts.append(len(found))
        FineTuneJobFactory(project=project)
    assert counts[0] == counts[1]


def test_events_and_checkpoints_come_whole_and_newest_first(project: Project, secret: str) -> None:
    job = FineTuneJobFactory(project=project)
    figures = {"step": 1, "total_steps": 9, "train_loss": 2.5, "grad_norm": float("nan")}
    rows = [
        (f"e{n}", TIME + timedelta(seconds=n // 2), "info", "metrics", f"Step {n}", figures)
        for n in range(5)
    ]
    store_events(job, rows)
    store_checkpoints(job, [(n, "", {"train_loss": 2.0, "full_valid_loss": 3.0}) for n in (3, 6)])
    path = f"{JOBS}/ftjob-{job.uuid.hex}"
    seen, after = [], ""
    for _ in range(3):
        query = {"limit": "2"} | ({"after": after} if after else {})
        page = ask(secret, "GET", f"{path}/events", query)[1]
        seen += page["data"]
        after = page["last_id"]
    assert [event["message"] for event in seen] == [f"Step {n}" for n in range(4, -1, -1)]
    assert seen[0]["data"] == {"step": 1, "total_steps": 9, "train_loss": 2.5}
    assert page["has_more"] is False
    first = ask(secret, "GET", f"{path}/checkpoints", {"limit": "1"})[1]
    assert (first["data"][0]["step_number"], first["has_more"]) == (6, True)
    last = ask(secret, "GET", f"{path}/checkpoints", {"after": first["last_id"]})[1]
    assert last["data"][0]["metrics"] == {"step": 3, "train_loss": 2.0, "full_valid_loss": 3.0}
    assert ask(secret, "GET", f"{path}/events", {"after": "ftevent-0"})[0] == 400


def test_a_job_waits_rests_and_goes_on(project: Project, secret: str) -> None:
    job = FineTuneJobFactory(project=project)
    path = f"{JOBS}/ftjob-{job.uuid.hex}"

    def change(verb: str) -> tuple[int, str]:
        response = Client().post(f"{path}/{verb}", headers=headers(secret))  # paused: not in the
        body = response.json()  # published enum, a knowing deviation
        return response.status_code, body.get("status") or body["error"]["code"]

    assert [change(verb) for verb in ("resume", "pause", "pause", "resume", "cancel")] == [
        (400, "job"),
        (200, "paused"),
        (400, "job"),
        (200, "queued"),
        (200, "cancelled"),
    ]
    status, body = ask(secret, "POST", f"{path}/cancel")
    assert (status, body["error"]["type"]) == (400, "invalid_request_error")


def test_jobs_are_for_those_whose_key_and_role_allow_it(project: Project, secret: str) -> None:
    job = FineTuneJobFactory(project=project, state=JobState.FAILED, error_code="disk")
    path = f"{JOBS}/ftjob-{job.uuid.hex}"
    assert ask(secret, "GET", path)[1]["error"]["code"] == "disk"
    chats = make_key(project, Role.MANAGER)[1]
    watcher = make_member(project, Role.MANAGER)
    watching = make_key(project, user=watcher, may_train=True)[1]
    watcher.memberships.update(role=Role.TESTER)
    assert ask(chats, "GET", path)[0] == 403
    assert ask(watching, "GET", path)[0] == 200
    assert ask(watching, "POST", f"{path}/cancel")[0] == 403
    assert order(watching, training_file="file-x")[0] == 403
    elsewhere = CharacterFactory(is_target=True).project
    other = make_key(elsewhere, Role.MANAGER, may_train=True)[1]
    assert [ask(other, "GET", path)[0], ask(other, "POST", f"{path}/cancel")[0]] == [404, 404]


def pairs(count: int) -> bytes:
    body = {
        "input": {"messages": [{"role": "user", "content": "Who?"}]},
        "preferred_output": [{"role": "assistant", "content": "The moon."}],
        "non_preferred_output": [{"role": "assistant", "content": "the moon"}],
    }
    return (json.dumps(body) + "\n").encode() * count


def test_a_job_learns_from_uploaded_preference_pairs(secret: str) -> None:
    train = upload(secret, pairs(12))
    method = {"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.3, "n_epochs": 1}}}
    status, body = order(secret, training_file=train, method=method)
    assert status == 200
    assert body["method"]["type"] == "dpo"
    assert body["method"]["dpo"]["hyperparameters"]["beta"] == 0.3
    job = FineTuneJob.objects.get()
    assert (job.objective, job.hyperparameters["learning_rate"]) == ("dpo", 5e-6)
    spec = json.loads((prepare_folder(job) / "spec.json").read_text())
    assert (spec["objective"], spec["beta"]) == ("dpo", 0.3)


@pytest.mark.parametrize(
    ("content", "method", "words"),
    [
        (pairs(12), {"type": "supervised"}, "must hold chat records"),
        (lines(12), {"type": "dpo"}, "must hold preference pairs"),
    ],
)
def test_files_of_the_other_kind_are_refused(
    secret: str, content: bytes, method: dict[str, str], words: str
) -> None:
    status, body = order(secret, training_file=upload(secret, content), method=method)
    assert status == 400
    assert words in body["error"]["message"]


def test_a_pair_without_its_other_reply_is_refused_with_its_line(secret: str) -> None:
    broken = pairs(2) + b'{"input": {"messages": []}, "preferred_output": []}\n'
    body = {"purpose": "fine-tune", "file": SimpleUploadedFile("train.jsonl", broken)}
    answer = Client().post("/v1/files", body, headers=headers(secret))
    assert answer.status_code == 400
    assert "Record 3" in answer.json()["error"]["message"]


def test_the_model_of_a_job_is_the_one_it_ended_with(project: Project, secret: str) -> None:
    job = FineTuneJobFactory(project=project, state=JobState.SUCCEEDED)
    made = ModelVersionFactory(project=project, job=job, name=model_name(job))
    ModelVersionFactory(project=project, job=job, name=f"{made.name}-step-7")
    assert ask(secret, "GET", f"{JOBS}/{job_id(job)}")[1]["fine_tuned_model"] == made.name
