"""Files sent as downloads that can be gone on with after a cut."""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path

from django.core.handlers.asgi import ASGIRequest
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from rickproject.lib.byte_ranges import FilePart, UnsatisfiableRangeError, wanted_range

BYTES_A_PIECE = 64 * 1024


def send_file(request: HttpRequest, path: Path, *, name: str, sha256: str) -> HttpResponseBase:
    """Answer with a file or the part of it that is asked for, never shown in the browser.

    Args:
        name: under which it is saved.
        sha256: of its bytes: its ETag, so that a part never joins another file's.
    """
    size, etag = path.stat().st_size, f'"{sha256}"'
    try:
        part = wanted_range(request.headers, size=size, etag=etag)
    except UnsatisfiableRangeError:
        refusal = HttpResponse(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
        refusal["Content-Range"] = f"bytes */{size}"
        return refusal
    start, length = part or (0, size)
    pieces = FilePart(path, start, length)
    response = FileResponse(
        pieces,
        as_attachment=True,
        filename=name,
        content_type="application/octet-stream",
        status=HTTPStatus.PARTIAL_CONTENT if part else HTTPStatus.OK,
    )
    if isinstance(request, ASGIRequest):  # Django would read the whole file into memory first
        response.streaming_content = _pieces(pieces)
    if part:
        response["Content-Range"] = f"bytes {start}-{start + length - 1}/{size}"
    response["Content-Length"] = str(length)
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = etag
    return response


async def _pieces(part: FilePart) -> AsyncIterator[bytes]:
    while piece := await asyncio.to_thread(part.read, BYTES_A_PIECE):
        yield piece
