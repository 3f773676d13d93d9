"""Webhooks: only with a fitting signature, now, and each once."""

import json
import time
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pydantic import SecretStr

from rickproject.config import get_config
from rickproject.lib.sealed import seal
from tests.factories import FineTuneJobFactory
from training.models import FineTuneJob, ProviderConnection
from training.providers.webhooks import sign

pytestmark = pytest.mark.django_db
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"
BODY = json.dumps(
    {"id": "evt_1", "type": "fine_tuning.job.succeeded", "created_at": 1, "data": {"id": "ftjob-7"}}
).encode()


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> FineTuneJob:
    cache.clear()
    monkeypatch.setattr(get_config(), "openai_webhook_secret", SecretStr(SECRET))
    later = timezone.now() + timedelta(hours=1)
    job: FineTuneJob = FineTuneJobFactory(
        provider="openai", remote_id="ftjob-7", state="running", next_poll_at=later
    )
    return job


def is_due(job: FineTuneJob) -> bool:
    job.refresh_from_db()
    return job.next_poll_at is not None and job.next_poll_at <= timezone.now()


def send(body: bytes = BODY, *, key: str = "openai", at: float = 0, **headers: str) -> int:
    moment = str(int(time.time() + at))
    signature = sign(body, identity="wh_1", moment=moment, secret=SECRET)
    signed = {
        "webhook-id": "wh_1",
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,no v1,{signature}",
    }
    named = signed | {name.replace("_", "-"): value for name, value in headers.items()}
    client = Client(enforce_csrf_checks=True)
    answer = client.post(f"/webhooks/{key}/", body, content_type="application/json", headers=named)
    return answer.status_code


def test_a_signed_webhook_lets_the_job_be_looked_at_now_and_once(job: FineTuneJob) -> None:
    assert send() == 204
    assert is_due(job)
    FineTuneJob.objects.update(next_poll_at=timezone.now() + timedelta(hours=1))
    assert send() == 204
    assert not is_due(job)
    assert job.state == "running"  # the message itself is not believed


@pytest.mark.parametrize(
    "wrong",
    [
        {"at": -400.0},
        {"at": 400.0},
        {"webhook_signature": "v1,AAAA"},
        {"webhook_signature": "ü"},
        {"webhook_signature": ""},
        {"webhook_timestamp": "1e9"},
        {"webhook_id": "wh_2"},
        {"key": "nobody"},
    ],
)
def test_a_webhook_that_does_not_fit_is_refused(job: FineTuneJob, wrong: dict[str, object]) -> None:
    assert send(**wrong) == 401  # type: ignore[arg-type]
    assert not is_due(job)


def test_a_large_webhook_is_refused(job: FineTuneJob) -> None:
    assert send(b" " * (64 * 1024 + 1)) == 413
    assert not is_due(job)


@pytest.mark.parametrize("body", [b"[]", b"no", b'{"type": 1}', b"\xff", b"[" * 60_000])
def test_a_signed_message_that_cannot_be_read_is_refused(job: FineTuneJob, body: bytes) -> None:
    assert send(body) == 401


def test_a_webhook_reaches_only_jobs_of_its_own_connection(job: FineTuneJob) -> None:
    ProviderConnection.objects.create(
        key="other", base_url="https://x.example/v1", preset="openai",
        sealed_webhook_secret=seal(SECRET),
    )  # fmt: skip
    assert send(key="other") == 204
    assert not is_due(job)


def test_the_official_client_signs_and_checks_alike() -> None:
    import openai

    moment = str(int(time.time()))
    headers = {
        "webhook-id": "wh_1",
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{sign(BODY, identity='wh_1', moment=moment, secret=SECRET)}",
    }
    client = openai.OpenAI(api_key="none", webhook_secret=SECRET)
    assert client.webhooks.unwrap(BODY, headers).type == "fine_tuning.job.succeeded"
