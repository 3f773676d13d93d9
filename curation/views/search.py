"""The search over one project's texts."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from curation.access import ANNOTATING, member_project
from curation.forms.search import SearchForm
from curation.queries.search import search_project


@login_required
@require_safe
def search(request: HttpRequest, slug: str) -> HttpResponse:
    """Show where a text occurs; the words live in the address."""
    project = member_project(request.user, slug, ANNOTATING)
    form = SearchForm(request.GET if "q" in request.GET else None)
    context = {"project": project, "form": form}
    if form.is_valid():
        words, page = form.cleaned_data["q"], form.cleaned_data["page"] or 1
        found = search_project(project, words, page=page)
        context |= {"words": words, "found": found, "number": page}
    return render(request, "curation/search/results.html", context)
