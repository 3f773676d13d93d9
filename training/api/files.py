"""``/v1/files``: uploads, the splits of approved datasets, the figures of jobs."""

import base64
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase

from curation.access import MANAGING, WATCHING
from curation.domain.exports import split_file
from rickproject.lib.downloads import send_file
from rickproject.lib.limits import spend
from rickproject.uploads import too_large
from training.access.api import Caller, caller_project, require_scope
from training.api.doors import doors, with_path
from training.api.pages import limit_of, list_object, order_of, page_of
from training.api.refusals import ApiError
from training.domain.uploads import FileInUseError, delete_upload, store_upload, upload_path
from training.models import FineTuneJob
from training.queries.protocol_files import (
    FINE_TUNE,
    ProtocolFile,
    find_protocol_file,
    protocol_files,
    upload_id,
)

MOST_FILES = 10_000
UPLOADS_PER_HOUR = 200
SHORTEST_SECONDS, LONGEST_SECONDS = 3600, 2_592_000
GONE = "The bytes of this file are not on this server any more."


def file_object(file: ProtocolFile) -> dict[str, Any]:
    """Return a file as the protocol describes it."""
    body = {
        "id": file.id,
        "object": "file",
        "bytes": file.byte_size,
        "created_at": int(file.created_at.timestamp()),
        "filename": file.name,
        "purpose": file.purpose,
        "status": "processed",
    }
    if file.expires_at:
        body["expires_at"] = int(file.expires_at.timestamp())
    return body


def _upload(request: HttpRequest, caller: Caller) -> HttpResponse:
    require_scope(caller, "files")
    project = caller_project(caller, MANAGING)
    spend("api-upload", caller.user.pk, limit=UPLOADS_PER_HOUR, seconds=3600, what="upload a file")
    _check_length(request)
    purpose, sent = request.POST.get("purpose", ""), request.FILES.get("file")
    if purpose != FINE_TUNE:
        words = f"This server keeps files for one purpose: {FINE_TUNE}."
        raise ApiError(words, code="invalid_value", param="purpose")
    if sent is None or isinstance(sent, list):
        words = "Send one file in the field file, as multipart/form-data."
        raise ApiError(words, code="missing_required_parameter", param="file")
    stored = store_upload(
        project,
        user=caller.user,
        key=caller.key,
        name=sent.name or "",
        content=sent.chunks(),
        seconds=_seconds(request),
    )
    found = find_protocol_file(caller.projects(MANAGING), upload_id(stored))
    return JsonResponse(file_object(found)) if found else JsonResponse({})


def _check_length(request: HttpRequest) -> None:
    """Refuse a body over the operator's limit before it is read."""
    length = request.headers.get("Content-Length", "0")
    if length.isdecimal() and too_large(int(length)):
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        words = "The file is larger than this server takes; an operator can raise the limit."
        raise ApiError(words, status=status, code="too_large", param="file")


def _seconds(request: HttpRequest) -> int | None:
    """Return after how many seconds the file is to go; None for never."""
    anchor, text = (
        request.POST.get("expires_after[anchor]"),
        request.POST.get("expires_after[seconds]", ""),
    )
    if anchor is None and not text:
        return None
    is_whole = text.isascii() and text.isdecimal() and len(text) <= 9
    if anchor != "created_at" or not is_whole:
        words = "expires_after needs the anchor created_at and whole seconds."
        raise ApiError(words, code="invalid_value", param="expires_after")
    if not SHORTEST_SECONDS <= int(text) <= LONGEST_SECONDS:
        words = f"expires_after is from {SHORTEST_SECONDS} to {LONGEST_SECONDS} seconds."
        raise ApiError(words, code="invalid_value", param="expires_after.seconds")
    return int(text)


def _list(request: HttpRequest, caller: Caller) -> HttpResponse:
    require_scope(caller, "files")
    limit = limit_of(request, usual=MOST_FILES, most=MOST_FILES)
    newest_first, purpose = order_of(request), request.GET.get("purpose", "")
    rows = protocol_files(caller.projects(MANAGING), purpose)
    if not newest_first:
        rows.reverse()
    page, has_more = page_of(
        rows, after=request.GET.get("after", ""), limit=limit, key=lambda file: file.id
    )
    return JsonResponse(list_object([file_object(file) for file in page], has_more=has_more))


@with_path
def _retrieve(request: HttpRequest, caller: Caller, name: str) -> HttpResponse:
    return JsonResponse(file_object(_found(caller, name)))


@with_path
def _delete(request: HttpRequest, caller: Caller, name: str) -> HttpResponse:
    require_scope(caller, "files")
    file = _found(caller, name)
    if file.upload is None:
        words = "Only uploaded files can be deleted; this one belongs to the project's record."
        raise ApiError(words, code="not_deletable")
    try:
        delete_upload(file.upload, actor=caller.user)
    except FileInUseError as error:
        raise ApiError(str(error), status=HTTPStatus.CONFLICT, code=error.code) from error
    return JsonResponse({"id": file.id, "object": "file", "deleted": True})


@with_path
def _content(request: HttpRequest, caller: Caller, name: str) -> HttpResponseBase:
    file = _found(caller, name)
    if file.job is not None:
        text = FineTuneJob.objects.values_list("result_file", flat=True).get(pk=file.job.pk)
        content = base64.b64encode(text.encode())  # as OpenAI gives it
        return HttpResponse(content, content_type="application/octet-stream")
    if file.upload is not None:
        path = upload_path(file.upload)
    elif file.dataset is not None and file.split is not None:
        path = split_file(file.dataset, file.split)
    try:
        return send_file(request, path, name=file.name, sha256=file.sha256)
    except FileNotFoundError as error:
        raise ApiError(GONE, status=HTTPStatus.NOT_FOUND, code="gone") from error


def _found(caller: Caller, identity: str) -> ProtocolFile:
    """Return a file for this key: results with the right to files or to training, others by files.

    Raises:
        ApiError: there is none for it.
    """
    if not caller.key.may_train:
        require_scope(caller, "files")
    roles = WATCHING if identity.startswith("file-result-") else MANAGING
    if caller.key.may_files or roles is WATCHING:
        file = find_protocol_file(caller.projects(roles), identity)
        if file is not None:
            return file
    raise ApiError(
        f"There is no file {identity[:80]!r} for your key.",
        status=HTTPStatus.NOT_FOUND,
        code="not_found",
        param="file_id",
    )


files = doors(get=_list, post=_upload)
file = doors(get=_retrieve, delete=_delete)
content = doors(get=_content)
