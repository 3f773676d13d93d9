"""``/v1/fine_tuning/jobs``: ordered, followed, paused, ended."""

import re
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase

from curation.access import MANAGING, WATCHING
from curation.enums import Role
from rickproject.lib.numbers import is_key
from training.access.api import Caller, ScopeError, caller_project, require_scope
from training.api.doors import doors, read_body, with_path
from training.api.job_body import JobBody
from training.api.job_objects import checkpoint_object, event_object, job_id, job_object
from training.api.pages import limit_of, list_object
from training.api.refusals import ApiError
from training.domain.job_limits import BudgetError, JobError, JobLimitError
from training.domain.job_orders import FileChoiceError, UploadsClosedError, order_job
from training.domain.job_pauses import pause_job, resume_job
from training.domain.jobs import cancel_job
from training.domain.preferences import TooFewPairsError
from training.domain.uploaded_datasets import TooFewRecordsError
from training.models import FineTuneJob
from training.queries.protocol_files import ProtocolFile, find_protocol_file
from training.queries.protocol_jobs import (
    checkpoints_before,
    events_before,
    protocol_jobs,
    with_metadata,
    without_metadata,
)

JOB_ID = re.compile(r"ftjob-([0-9a-f]{32})", re.ASCII)
PAIR = re.compile(r"metadata\[(.{1,64})\]")
USUAL_JOBS, USUAL_CHECKPOINTS, MOST = 20, 10, 1000
LONGEST_KEY = 60


def _create(request: HttpRequest, caller: Caller) -> HttpResponse:
    require_scope(caller, "train")
    body = read_body(request, JobBody)
    project = caller_project(caller, MANAGING)
    once = request.headers.get("Idempotency-Key", "").replace("\0", "")[:LONGEST_KEY]
    held = body.validation_file
    try:
        job = order_job(
            project,
            actor=caller.user,
            key=caller.key,
            model=body.model,
            train=_file(caller, project.pk, body.training_file, "training_file"),
            validation=_file(caller, project.pk, held, "validation_file") if held else None,
            hyperparameters=body.settings,
            seed=1 if body.seed is None else body.seed,
            suffix=body.suffix or "",
            metadata=body.metadata,
            provider=body.provider,
            objective=body.objective,
            client_key=f"api-{once}" if once else None,
        )
    except JobError as error:
        raise _refused(error) from error
    return JsonResponse(job_object(_job(caller, job_id(job), WATCHING)))


def _file(caller: Caller, project_id: int, identity: str, param: str) -> ProtocolFile:
    found = find_protocol_file(caller.projects(MANAGING).filter(pk=project_id), identity)
    if found is None:
        words = f"There is no file {identity!r} in this project for your key."
        raise ApiError(words, code="invalid_file", param=param)
    return found


def _refused(error: JobError) -> ApiError | ScopeError:
    """Return the refusal of an order in the protocol's words."""
    match error:
        case UploadsClosedError():
            return ScopeError(str(error))
        case JobLimitError() | BudgetError():
            status = HTTPStatus.TOO_MANY_REQUESTS
            return ApiError(str(error), status=status, code="insufficient_quota")
        case FileChoiceError():
            return ApiError(str(error), code=error.code, param=error.param)
        case TooFewRecordsError() | TooFewPairsError():
            return ApiError(str(error), code=error.code, param="training_file")
    param = "model" if error.code == "model_not_found" else None
    return ApiError(str(error), code=error.code, param=param)


def _list(request: HttpRequest, caller: Caller) -> HttpResponse:
    require_scope(caller, "train")
    limit = limit_of(request, usual=USUAL_JOBS, most=MOST)
    rows = protocol_jobs(caller.projects(WATCHING))
    if request.GET.get("metadata") == "null":
        rows = without_metadata(rows)
    rows = with_metadata(rows, _metadata(request))
    if after := request.GET.get("after", ""):
        rows = rows.filter(pk__lt=_job(caller, after, WATCHING, param="after").pk)
    found = list(rows[: limit + 1])
    data = [job_object(job) for job in found[:limit]]
    return JsonResponse(list_object(data, has_more=len(found) > limit))


def _metadata(request: HttpRequest) -> dict[str, str]:
    names = ((PAIR.fullmatch(name), name) for name in request.GET)
    found = {match[1]: request.GET.get(name, "") for match, name in names if match}
    if any("\0" in name + text for name, text in found.items()):
        raise ApiError("metadata holds no NUL.", code="invalid_value", param="metadata")
    return found


def _job(
    caller: Caller, identity: str, roles: frozenset[Role], *, param: str = "fine_tuning_job_id"
) -> FineTuneJob:
    """Return a job for this key.

    Raises:
        ApiError: there is none for it.
    """
    match = JOB_ID.fullmatch(identity)
    rows = protocol_jobs(caller.projects(roles))
    job = rows.filter(uuid=uuid.UUID(match[1])).first() if match else None
    if job is None:
        raise ApiError(
            f"There is no fine-tuning job {identity[:80]!r} for your key.",
            status=HTTPStatus.BAD_REQUEST if param == "after" else HTTPStatus.NOT_FOUND,
            code="invalid_value" if param == "after" else "not_found",
            param=param,
        )
    return job


@with_path
def _retrieve(request: HttpRequest, caller: Caller, name: str) -> HttpResponse:
    require_scope(caller, "train")
    return JsonResponse(job_object(_job(caller, name, WATCHING)))


@with_path
def _events(request: HttpRequest, caller: Caller, name: str) -> HttpResponse:
    require_scope(caller, "train")
    job = _job(caller, name, WATCHING)
    limit = limit_of(request, usual=USUAL_JOBS, most=MOST)
    after, last = request.GET.get("after", ""), None
    if after:
        last = job.events.filter(pk=_number(after, "ftevent-")).first()
        if last is None:
            raise _nothing_after()
    found = list(events_before(job, last)[: limit + 1])
    data = [event_object(event) for event in found[:limit]]
    return JsonResponse(list_object(data, has_more=len(found) > limit))


@with_path
def _checkpoints(request: HttpRequest, caller: Caller, name: str) -> HttpResponse:
    require_scope(caller, "train")
    job = _job(caller, name, WATCHING)
    limit = limit_of(request, usual=USUAL_CHECKPOINTS, most=MOST)
    after, step = request.GET.get("after", ""), None
    if after:
        last = job.checkpoints.filter(pk=_number(after, "ftckpt-")).first()
        if last is None:
            raise _nothing_after()
        step = last.step
    found = list(checkpoints_before(job, step)[: limit + 1])
    data = [checkpoint_object(job, row) for row in found[:limit]]
    return JsonResponse(list_object(data, has_more=len(found) > limit))


def _number(identity: str, prefix: str) -> int:
    number = identity.removeprefix(prefix)
    return int(number) if identity.startswith(prefix) and is_key(number) else 0


def _nothing_after() -> ApiError:
    return ApiError("after names nothing in this list.", code="invalid_value", param="after")


def _change(change: Callable[..., Any]) -> Callable[..., HttpResponseBase]:
    """Return the door of one change of a job."""

    @with_path
    def answer(request: HttpRequest, caller: Caller, name: str) -> HttpResponse:
        require_scope(caller, "train")
        job = _job(caller, name, WATCHING)
        actor: User = caller.user
        try:
            change(job, actor=actor)
        except JobError as error:
            if not caller.projects(MANAGING).filter(pk=job.project_id).exists():
                raise ScopeError(str(error)) from error
            raise _refused(error) from error
        return JsonResponse(job_object(_job(caller, name, WATCHING)))

    return answer


jobs = doors(get=_list, post=_create)
job = doors(get=_retrieve)
events = doors(get=_events)
checkpoints = doors(get=_checkpoints)
cancel = doors(post=_change(cancel_job))
pause = doors(post=_change(pause_job))
resume = doors(post=_change(resume_job))
