"""The pages that belong to no part of the work: log in, theme, health, refusals."""

from http import HTTPStatus

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from rickproject.frame import THEMES
from rickproject.health import read_health

YEAR_SECONDS = 60 * 60 * 24 * 365


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep light, dark or neither in a cookie and go back to where the person was."""
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    response = HttpResponseRedirect(back)
    chosen = request.POST.get("theme")
    if chosen in THEMES:
        response.set_cookie("theme", chosen, max_age=YEAR_SECONDS, samesite="Lax")
    else:
        response.delete_cookie("theme", samesite="Lax")
    return response


@require_GET
@login_required
def health(request: HttpRequest) -> HttpResponse:
    """Answer the health dot, its list and the banner as they are now."""
    return render(request, "components/health.html", {"health": read_health()})


def _refusal(request: HttpRequest, status: HTTPStatus, title: str, text: str) -> HttpResponse:
    context = {"title": title, "text": text, "status": status.value}
    return render(request, "refusal.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that makes no sense."""
    text = "The address or the form was not understood. Go back and try again."
    return _refusal(request, HTTPStatus.BAD_REQUEST, "That was not understood", text)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a member who lacks the role; the refusal's own sentence is shown."""
    text = str(exception) or "Your roles do not open this page. Ask the project's manager."
    return _refusal(request, HTTPStatus.FORBIDDEN, "Not open to your role", text)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that is empty, or none of the person's business."""
    text = "There is no such page, or it belongs to a project you are not a member of."
    return _refusal(request, HTTPStatus.NOT_FOUND, "Nothing here", text)


def too_many_requests(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer who asked allauth's pages for more than they give in a minute."""
    text = "That was too often in a short time. Wait a minute and try again."
    response = _refusal(request, HTTPStatus.TOO_MANY_REQUESTS, "Not just now", text)
    response.headers["Retry-After"] = "60"
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a failure of ours, without touching the database or the frame."""
    return render(None, "500.html", status=HTTPStatus.INTERNAL_SERVER_ERROR)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that was too old or came from another site."""
    text = (
        "The page was open too long, or you logged in or out in another tab. Nothing was "
        "saved. Go back, reload the page and send it again."
    )
    return _refusal(request, HTTPStatus.FORBIDDEN, "This form is out of date", text)
