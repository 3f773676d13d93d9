"""A local model, to take away."""

from collections.abc import AsyncIterator, Iterator
from urllib.parse import quote

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from curation.access import MANAGING
from rickproject.lib.errors import RickError
from rickproject.lib.zips import zip_pieces
from training.access.jobs import project_job
from training.domain.model_exports import model_members
from training.domain.model_versions import model_name
from training.models import ModelVersion


@login_required
@require_GET
def job_download(request: HttpRequest, slug: str, pk: int) -> HttpResponseBase:
    """Send a job's model as a Hugging Face folder in an archive, as it is written."""
    found = project_job(request.user, slug, pk, MANAGING)
    rows = ModelVersion.objects.select_related("job__dataset", "job__project", "character")
    version = rows.filter(job=found, name=model_name(found)).first()
    if version is None:
        messages.error(request, "The job has made no model that could be taken away.")
        return redirect("job", slug, pk)
    try:
        members = model_members(version)
    except RickError as error:
        messages.error(request, str(error))
        return redirect("job", slug, pk)
    pieces = zip_pieces(members)
    response = StreamingHttpResponse(_without_waiting(pieces), content_type="application/zip")
    name = quote(f"{version.name}.zip", safe="")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    response["Cache-Control"] = "no-store"
    return response


async def _without_waiting(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Read the disk in a thread; Django would else collect the whole archive first."""
    read = sync_to_async(lambda: next(pieces, None), thread_sensitive=False)
    while (piece := await read()) is not None:
        yield piece
