"""Schemathesis over our own ``/v1``: requests made from the official document, good and bad."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from curation.enums import Role
from rickproject.config import get_config
from tests.contract.judge import SUBSET
from tests.factories import CharacterFactory, FineTuneJobFactory, ModelVersionFactory
from tests.training.api.world import make_key
from training.domain.job_records import store_checkpoints, store_events
from training.domain.uploads import store_upload

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("var_dir"),
    # schemathesis reads what it is sent and does not close it
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
OURS = ("/models", "/files", "/fine_tuning/jobs", "/chat/completions")
ABSENT = ("/chat/completions/{completion_id}",)  # kept completions: we keep none
EXAMPLES = 5
LINE = b'{"messages":[{"role":"user","content":"Who?"},{"role":"assistant","content":"Me."}]}\n'
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def our_part() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(SUBSET.read_text(encoding="utf-8"))
    document["servers"] = [{"url": "/v1"}]
    states = document["components"]["schemas"]["FineTuningJob"]["properties"]["status"]["enum"]
    states += ["pausing", "paused"]  # the one knowing deviation
    document["paths"] = {
        path: item
        for path, item in document["paths"].items()
        if path.startswith(OURS) and not path.startswith(ABSENT)
    }
    return document


SCHEMA = schemathesis.openapi.from_dict(our_part())
SCHEMA.app = WSGIHandler()
OPERATIONS = {result.ok().label: result.ok() for result in SCHEMA.get_all_operations()}


@pytest.fixture(autouse=True)
def kept_connection() -> Iterator[None]:
    """Leave the test's connection open between requests, as Django's own test client does."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@dataclass(frozen=True)
class World:
    """A key, and what there is for it."""

    secret: str
    model: str
    file: str
    job: str


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    for limit in ("api_requests_per_minute", "chat_messages_per_minute", "trainings_per_day"):
        monkeypatch.setattr(get_config(), limit, 1_000_000)
    project = CharacterFactory(is_target=True).project
    ModelVersionFactory(project=project, name="gpt-4o", provider="openai", served_name="gpt-4o")
    job = FineTuneJobFactory(project=project)
    store_events(job, [("e1", timezone.now(), "info", "message", "Begun.", {})])
    store_checkpoints(job, [(1, "", {"train_loss": 2.0})])
    deeds = {"may_files": True, "may_train": True, "may_train_uploads": True}
    key, secret = make_key(project, Role.MANAGER, **deeds)
    kept = {"user": key.user, "key": key, "name": "train.jsonl"}
    file = store_upload(project, content=[LINE * 12], **kept)  # type: ignore[arg-type]
    return World(secret, "gpt-4o", f"file-{file.uuid.hex}", f"ftjob-{job.uuid.hex}")


GOOD, BAD = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
# A bad request without a body only lacks its key, or has parameters that are let be.
TRIED = [(label, GOOD) for label in OPERATIONS] + [
    (label, BAD) for label, operation in OPERATIONS.items() if list(operation.body)
]


@pytest.mark.parametrize(("label", "mode"), sorted(TRIED, key=str))
def test_whatever_is_asked_is_answered_by_the_document(
    label: str, mode: GenerationMode, world: World
) -> None:
    operation, is_good = OPERATIONS[label], mode == GOOD
    checks = CHECKS if is_good else [*CHECKS, negative_data_rejection]

    @seed(1)
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Case) -> None:
        if is_good:
            name_what_there_is(case, world)
        headers = {"Authorization": f"Bearer {world.secret}"}
        case.call_and_validate(headers=headers, checks=checks)

    ask()


def name_what_there_is(case: Case, world: World) -> None:
    """Put real names into a good request, so that more than its shape is tried.

    Not into a chat's: its answers are judged in test_chat.py, with a server behind them.
    """
    known = {"model": world.model, "file_id": world.file, "fine_tuning_job_id": world.job}
    case.path_parameters = {name: known[name] for name in case.path_parameters or {}}
    if isinstance(case.body, dict) and "training_file" in case.body:
        case.body |= {"model": "script-base", "training_file": world.file}
