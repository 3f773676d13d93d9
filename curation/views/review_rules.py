"""How a project reviews, and how well its reviewers agree."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from curation.access import MANAGING, member_project, signed_in
from curation.domain.review_rules import choose_review_rules
from curation.enums import RereviewState
from curation.errors import CurationError
from curation.forms.reviews import RulesForm
from curation.queries.review_queue import rereviews_of
from rickproject.lib.numbers import counted

SHOWN = 50


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def review_rules(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose approvals and second readings; show where two reviewers decided differently."""
    project = member_project(request.user, slug, MANAGING)
    now = {
        "approvals": project.required_approvals,
        "percent": project.rereview_percent,
        "seed": project.rereview_seed,
    }
    form = RulesForm(request.POST or None, initial=now)
    if form.is_valid():
        try:
            enough = choose_review_rules(project, actor=signed_in(request), **form.cleaned_data)
        except CurationError as error:
            form.add_error(None, str(error))
        else:
            more = f" {counted(enough, 'dialogue')} had enough approvals." if enough else ""
            messages.success(request, f"Saved. What is approved stays approved.{more}")
            return redirect("review_rules", slug=slug)
    again = rereviews_of(project)
    states = list(again.values_list("state", flat=True))
    context = {
        "project": project,
        "form": form,
        "waiting": states.count(RereviewState.OPEN),
        "confirmed": states.count(RereviewState.CONFIRMED),
        "disagreed": states.count(RereviewState.DISAGREED),
        "disagreements": again.filter(state=RereviewState.DISAGREED)[:SHOWN],
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "curation/reviews/rules.html", context, status=status)
