"""The traps of the protocol, each met by the real SDK over real sockets."""

import pickle
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from tests.contract.fault_server import (
    DROPPED_AFTER,
    DROPPED_BEFORE,
    HTML,
    KEY,
    SERVER_ERROR_AFTER,
    SERVER_ERROR_BEFORE,
    Fault,
    FaultServer,
    refusal,
)
from training.providers import errors
from training.providers.base import RemoteJobSpec
from training.providers.openai_protocol import OpenAIProtocolProvider
from training.providers.outbound import ForbiddenAddressError

SPEC = RemoteJobSpec(
    key="4d0c1f6e",
    model="gpt-4o-mini-2024-07-18",
    training_file_id="file-1",
    hyperparameters={"n_epochs": 3},
    suffix="vex",
    seed=7,
)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def provider(server: FaultServer) -> OpenAIProtocolProvider:
    return OpenAIProtocolProvider(server.base_url, KEY)


def quick(server: FaultServer) -> OpenAIProtocolProvider:
    return OpenAIProtocolProvider(server.base_url, KEY, timeout=httpx2.Timeout(0.3))


def test_upload_sends_a_file_once(server: FaultServer, provider: OpenAIProtocolProvider) -> None:
    first = provider.upload("ab12.jsonl", b'{"messages":[]}\n')
    assert provider.upload("ab12.jsonl", b'{"messages":[]}\n') == first
    assert server.count("create_file") == 1
    assert server.state.contents[first] == b'{"messages":[]}\n'
    assert server.state.files[first]["filename"] == "ab12.jsonl"


def test_upload_adds_a_byte_order_mark_where_the_provider_wants_one(server: FaultServer) -> None:
    provider = OpenAIProtocolProvider(server.base_url, KEY, adds_byte_order_mark=True)
    identity = provider.upload("a.jsonl", b"{}\n")
    assert server.state.contents[identity] == b"\xef\xbb\xbf{}\n"


def test_start_sends_key_suffix_seed_and_hyperparameters(
    server: FaultServer, provider: OpenAIProtocolProvider
) -> None:
    job = provider.start(SPEC)
    sent = server.received[-1].json()
    assert job.id in server.state.jobs
    assert sent["metadata"] == {"rickproject_job": "4d0c1f6e"}
    assert (sent["suffix"], sent["seed"]) == ("vex", 7)
    assert sent["method"]["supervised"]["hyperparameters"] == {"n_epochs": 3}


def test_start_leaves_out_an_empty_suffix(
    server: FaultServer, provider: OpenAIProtocolProvider
) -> None:
    provider.start(RemoteJobSpec(key="k", model="m", training_file_id="file-1"))
    assert {"suffix", "seed", "validation_file"}.isdisjoint(server.received[-1].json())


@pytest.mark.parametrize(
    ("fault", "jobs"),
    [
        (SERVER_ERROR_BEFORE, 0),
        (SERVER_ERROR_AFTER, 1),
        (DROPPED_BEFORE, 0),
        (DROPPED_AFTER, 1),
        (Fault(accepts=True, status=200, body=HTML.body, headers=HTML.headers), 1),
        (refusal(429, "rate_limit_exceeded", retry_after_ms="1"), 0),
        (Fault(accepts=True, seconds=1), 1),
    ],
    ids=["500", "500 after", "dropped", "dropped after", "html", "429", "slow"],
)
def test_start_asks_once_and_says_that_the_outcome_is_unknown(
    server: FaultServer, fault: Fault, jobs: int
) -> None:
    server.fail("create_job", fault)
    with pytest.raises(errors.UnknownOutcomeError):
        quick(server).start(SPEC)
    assert server.count("create_job") == 1
    assert len(server.state.jobs) == jobs
    found = quick(server).find_job(SPEC, since=LONG_AGO)
    assert (found is not None) == bool(jobs)


def test_find_job_ignores_jobs_of_others_on_a_server_without_the_filter(
    server: FaultServer, provider: OpenAIProtocolProvider
) -> None:
    server.state.filters_by_metadata = False
    provider.start(RemoteJobSpec(key="other", model="m", training_file_id="file-1", suffix="vex"))
    assert provider.find_job(SPEC, since=LONG_AGO) is None
    mine = provider.start(SPEC)
    found = provider.find_job(SPEC, since=LONG_AGO)
    assert found is not None
    assert found.id == mine.id


def test_find_job_compares_file_suffix_and_time_where_metadata_is_not_kept(
    server: FaultServer, provider: OpenAIProtocolProvider
) -> None:
    server.state.keeps_metadata = server.state.filters_by_metadata = False
    mine = provider.start(SPEC)
    found = provider.find_job(SPEC, since=datetime.now(UTC))
    assert found is not None
    assert found.id == mine.id
    assert provider.find_job(SPEC, since=datetime.now(UTC) + timedelta(hours=1)) is None
    other = RemoteJobSpec(key="k", model="m", training_file_id="file-1", suffix="pip", seed=7)
    assert provider.find_job(other, since=LONG_AGO) is None


def test_start_says_that_the_account_is_empty(
    server: FaultServer, provider: OpenAIProtocolProvider
) -> None:
    server.fail("create_job", refusal(429, "insufficient_quota"))
    with pytest.raises(errors.ProviderRefusedError, match="no credit left") as caught:
        provider.start(SPEC)
    assert caught.value.code == "insufficient_quota"
    assert server.count("create_job") == 1


def test_start_waits_for_a_file_that_is_not_ready(
    server: FaultServer, provider: OpenAIProtocolProvider
) -> None:
    server.fail("create_job", refusal(400, "invalid_file", "File 'file-1' not ready."))
    with pytest.raises(errors.UnknownOutcomeError, match="not ready"):
        provider.start(SPEC)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (HTML, errors.ProviderAnswerError),
        (Fault(status=200, body=b"{broken"), errors.ProviderAnswerError),
        (DROPPED_BEFORE, errors.ProviderUnavailableError),
        (refusal(500, None), errors.ProviderUnavailableError),
        (refusal(429, "rate_limit_exceeded"), errors.ProviderUnavailableError),
        (refusal(400, "bad"), errors.ProviderRefusedError),
        (refusal(401, "invalid_api_key"), errors.ProviderRefusedError),
        (refusal(403, "forbidden"), errors.ProviderRefusedError),
        (refusal(404, "not_found"), errors.ProviderMissingError),
        (refusal(409, "conflict"), errors.ProviderRefusedError),
        (refusal(413, "too_large"), errors.ProviderRefusedError),
        (refusal(422, "bad"), errors.ProviderRefusedError),
        (
            Fault(status=307, headers={"location": "http://127.0.0.1:1/secret"}),
            errors.ProviderRefusedError,
        ),
    ],
    ids=[
        "html",
        "broken",
        "dropped",
        "500",
        "429",
        "400",
        "401",
        "403",
        "404",
        "409",
        "413",
        "422",
        "307",
    ],
)
def test_status_translates_every_failure_into_an_error_that_survives_pickling(
    server: FaultServer,
    provider: OpenAIProtocolProvider,
    fault: Fault,
    error: type[errors.ProviderError],
) -> None:
    server.fail("get_job", fault)
    with pytest.raises(error) as caught:
        provider.status("ftjob-1")
    assert type(caught.value) is error
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), str(again), again.code) == (error, str(caught.value), caught.value.code)
    assert KEY not in str(caught.value)
    assert server.count("get_job") == 1


def test_lists_refuse_a_page_of_html(server: FaultServer, provider: OpenAIProtocolProvider) -> None:
    for route in ("list_events", "list_checkpoints", "list_files"):
        server.fail(route, HTML)
    with pytest.raises(errors.ProviderAnswerError):
        provider.events("ftjob-1", known=frozenset())
    with pytest.raises(errors.ProviderAnswerError):
        provider.checkpoints("ftjob-1")
    with pytest.raises(errors.ProviderAnswerError):
        provider.upload("a.jsonl", b"{}\n")


def test_status_reads_an_empty_error_of_a_healthy_job_as_none(server: FaultServer) -> None:
    provider = OpenAIProtocolProvider(server.base_url, KEY)
    job = provider.start(SPEC)
    server.state.jobs[job.id]["status"] = "running"
    body = server.state.jobs[job.id] | {"error": {}}
    import json

    server.fail("get_job", Fault(status=200, body=json.dumps(body).encode()))
    seen = provider.status(job.id)
    assert (seen.status, seen.error_code, seen.error_message) == ("running", "", "")


def test_status_keeps_a_word_that_nobody_knows(server: FaultServer) -> None:
    server.state.walk = ("paused", "dreaming")
    provider = OpenAIProtocolProvider(server.base_url, KEY)
    job = provider.start(SPEC)
    assert [provider.status(job.id).status for _ in range(2)] == ["paused", "dreaming"]


def test_status_brings_the_words_of_a_failure(server: FaultServer) -> None:
    message = "Training file has 7 example(s), but must have at least 10 examples"
    server.state.walk = ("failed",)
    server.state.error = {
        "code": "invalid_n_examples",
        "message": message,
        "param": "training_file",
    }
    provider = OpenAIProtocolProvider(server.base_url, KEY)
    job = provider.status(provider.start(SPEC).id)
    assert (job.status, job.error_code, job.error_message) == (
        "failed",
        "invalid_n_examples",
        message,
    )


@pytest.fixture
def finished(server: FaultServer) -> Iterator[tuple[OpenAIProtocolProvider, str]]:
    server.state.walk = ("succeeded",)
    provider = OpenAIProtocolProvider(server.base_url, KEY)
    return provider, provider.status(provider.start(SPEC).id).id


def test_events_come_oldest_first_over_all_pages(
    server: FaultServer, finished: tuple[OpenAIProtocolProvider, str]
) -> None:
    server.state.page_size = 2
    provider, job = finished
    events = provider.events(job, known=frozenset())
    assert [event.step for event in events] == [None, 1, 2, 3, 4, 5, 6]
    assert events[-1].metrics == {
        "train_loss": 1.4,
        "train_mean_token_accuracy": 0.6,
        "full_valid_loss": 1.5,
    }
    assert events[-1].total_steps == 6


def test_events_stop_at_the_last_one_known(
    server: FaultServer, finished: tuple[OpenAIProtocolProvider, str]
) -> None:
    server.state.page_size = 2
    provider, job = finished
    known = frozenset(f"ftevent-{job}-{step}" for step in range(5))
    events = provider.events(job, known=known)
    assert [event.step for event in events] == [5, 6]
    assert server.count("list_events") == 2


def test_checkpoints_come_in_order(finished: tuple[OpenAIProtocolProvider, str]) -> None:
    provider, job = finished
    checkpoints = provider.checkpoints(job)
    assert [checkpoint.step for checkpoint in checkpoints] == [2, 4, 6]
    assert checkpoints[-1].model.endswith("ckpt-step-6")
    assert checkpoints[-1].metrics == {"train_loss": 1.4, "full_valid_loss": 1.5}


@pytest.mark.parametrize("prefix", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("as_base64", [True, False])
def test_result_reads_csv_and_base64(server: FaultServer, prefix: bytes, as_base64: bool) -> None:
    server.state.walk = ("succeeded",)
    server.state.result_prefix, server.state.result_as_base64 = prefix, as_base64
    provider = OpenAIProtocolProvider(server.base_url, KEY)
    job = provider.status(provider.start(SPEC).id)
    result = provider.result(job.result_file_ids[0])
    assert result.csv.startswith("step,train_loss")
    assert (1, "train_loss", 1.9) in result.metrics
    assert [m for m in result.metrics if m[1].startswith("valid")] == [
        (6, "valid_loss", 1.5),
        (6, "valid_mean_token_accuracy", 0.7),
    ]
    assert len([m for m in result.metrics if m[1] == "train_mean_token_accuracy"]) == 6


def test_cancel_ends_the_job(server: FaultServer, provider: OpenAIProtocolProvider) -> None:
    job = provider.start(SPEC)
    assert provider.cancel(job.id).status == "cancelled"
    assert provider.status(job.id).status == "cancelled"


def test_provider_refuses_an_address_with_a_password_in_it() -> None:
    with pytest.raises(ForbiddenAddressError):
        OpenAIProtocolProvider("http://me:secret@127.0.0.1/v1", KEY)
