from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from curation.enums import Role
from rickproject.config import get_config
from tests.factories import FineTuneJobFactory, ModelVersionFactory, ProjectFactory, make_member
from tests.training.api.world import ask, headers, judged, make_key
from training.api.job_objects import job_id
from training.domain.api_keys import make_api_key
from training.enums import ModelStage
from training.models import ApiKey

pytestmark = pytest.mark.django_db


def test_models_are_those_of_the_keys_projects() -> None:
    model = ModelVersionFactory(name="vex-1")
    ModelVersionFactory(name="retired", project=model.project, stage=ModelStage.RETIRED)
    ModelVersionFactory(name="elsewhere")
    _, secret = make_key(model.project)
    status, body = ask(secret, "GET", "/v1/models")
    assert (status, [row["id"] for row in body["data"]]) == (200, ["vex-1"])
    assert ask(secret, "GET", "/v1/models/vex-1")[1]["owned_by"] == model.project.slug
    for name in ("retired", "elsewhere", "a%2Fb"):
        status, body = ask(secret, "GET", f"/v1/models/{name}")
        assert (status, body["error"]["code"]) == (404, "model_not_found")


def test_a_checkpoint_is_known_by_the_protocols_name_once_it_is_a_model() -> None:
    job = FineTuneJobFactory(best_step=20, step=30)
    ModelVersionFactory(name=f"vex-{job.pk}", project=job.project, job=job)
    ModelVersionFactory(name=f"vex-{job.pk}-step-10", project=job.project, job=job)
    _, secret = make_key(job.project)
    for step, name in ((20, f"vex-{job.pk}"), (10, f"vex-{job.pk}-step-10"), (30, None)):
        status, body = ask(secret, "GET", f"/v1/models/{job_id(job)}:ckpt-step-{step}")
        assert (status, body.get("id")) == ((200, name) if name else (404, None))


def test_a_key_of_two_projects_sees_one_where_one_is_named() -> None:
    one, two = ModelVersionFactory(name="one"), ModelVersionFactory(name="two")
    person = make_member(one.project, Role.TESTER)
    two.project.memberships.create(user=person, role=Role.TESTER)
    _, secret = make_api_key(person, name="both", projects=[one.project, two.project])
    named = {"OpenAI-Project": two.project.slug}
    assert len(ask(secret, "GET", "/v1/models")[1]["data"]) == 2
    assert [row["id"] for row in ask(secret, "GET", "/v1/models", **named)[1]["data"]] == ["two"]


def test_a_list_of_models_asks_the_database_as_often_for_three(
    django_assert_max_num_queries: object,
) -> None:
    model = ModelVersionFactory()
    _, secret = make_key(model.project)
    ask(secret, "GET", "/v1/models")
    counts = []
    for _ in range(2):
        with django_assert_max_num_queries(10) as found:  # type: ignore[operator]
            ask(secret, "GET", "/v1/models")
        counts.append(len(found))
        ModelVersionFactory.create_batch(2, project=model.project)
    assert counts[0] == counts[1]


@pytest.mark.parametrize("change", ["expired", "revoked", "closed"])
def test_a_key_that_is_over_opens_nothing(change: str) -> None:
    key, secret = make_key(ProjectFactory())
    past = timezone.now() - timedelta(seconds=1)
    if change == "closed":
        User.objects.filter(pk=key.user_id).update(is_active=False)
    else:
        field = {"expired": "expires_at", "revoked": "revoked_at"}[change]
        ApiKey.objects.filter(pk=key.pk).update(**{field: past})
    status, body = ask(secret, "GET", "/v1/models")
    assert (status, body["error"]["code"]) == (401, "invalid_api_key")


def test_a_cookie_opens_nothing_here() -> None:
    client = Client()
    client.force_login(make_member(ProjectFactory(), Role.MANAGER))
    for path in ("/v1/models", "/v1/nothing/here"):
        response = client.get(path)
        assert response.status_code == 401
        assert response["WWW-Authenticate"] == "Bearer"


def test_every_answer_is_json_uncached_and_numbered() -> None:
    _, secret = make_key(ProjectFactory())
    client = Client(headers=headers(secret))
    for method, path, status in (
        ("GET", "/v1/models", 200),
        ("DELETE", "/v1/models", 405),
        ("GET", "/v1/fine-tuning/jobs", 404),
        ("PUT", "/v1/chat/completions", 405),
    ):
        response = client.generic(method, path)
        assert response.status_code == status
        assert response["Content-Type"] == "application/json"
        assert response["Cache-Control"] == "no-store"
        assert response["x-request-id"].startswith("req_")
        assert "Set-Cookie" not in response


def test_requests_of_a_key_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(get_config(), "api_requests_per_minute", 1)
    _, secret = make_key(ProjectFactory())
    client = Client(headers=headers(secret))
    client.get("/v1/models")
    response = client.get("/v1/models")
    error = judged(response, "GET", "/v1/models")["error"]
    assert (response.status_code, error["code"]) == (429, "rate_limit_exceeded")
    assert int(response["Retry-After"]) > 0
