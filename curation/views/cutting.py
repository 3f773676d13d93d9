"""The setting of how a project's episodes are cut."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from curation.access import MANAGING, member_project, signed_in
from curation.domain.layers import choose_mode
from curation.enums import SegmentationMode
from curation.errors import CurationError
from curation.forms.layers import CuttingForm


@login_required
@require_http_methods(["GET", "POST"])
def cutting(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose blind or shared, and how many annotators an episode takes."""
    project = member_project(request.user, slug, MANAGING)
    now = {"mode": project.segmentation_mode, "annotators": project.annotators_per_episode}
    form = CuttingForm(request.POST or None, initial=now)
    if form.is_valid():
        try:
            choose_mode(
                project,
                mode=SegmentationMode(form.cleaned_data["mode"]),
                annotators=form.cleaned_data["annotators"],
                actor=signed_in(request),
            )
        except CurationError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "Saved. Episodes that are agreed stay as they are.")
            return redirect("cutting", slug=slug)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(
        request,
        "curation/agreement/cutting.html",
        {"project": project, "form": form},
        status=status,
    )
