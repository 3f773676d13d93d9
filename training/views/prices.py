"""What a training record costs: a part of a page that curation's builder asks for."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from curation.access import ANNOTATING, member_project
from rickproject.lib.numbers import is_key
from training.queries.prices import training_prices


@login_required
@require_GET
def record_cost(request: HttpRequest, slug: str) -> HttpResponse:
    """Say what an epoch over some tokens costs; nothing where no price is known."""
    project = member_project(request.user, slug, ANNOTATING)
    asked = request.GET.get("tokens", "")
    tokens = int(asked) if is_key(asked) else 0
    tokenizer = request.GET.get("tokenizer", "")
    prices = training_prices(tokenizer)
    context = {
        "project": project,
        "costs": [(price, f"{price.cost_usd(tokens):.4f}") for price in prices],
        "as_of": max((price.as_of for price in prices), default=None),
        "is_free": tokenizer.startswith("script:"),
    }
    return render(request, "training/prices/record_cost.html", context)
