"""What every answer has in common."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin

from rickproject.lib.limits import LimitReachedError, LimitsUnavailableError


class PrivatePagesMiddleware(MiddlewareMixin):
    """Keeps pages that depend on who is logged in out of every cache, also the browser's."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Add ``no-store`` where the session was read and the view said nothing itself."""
        session = getattr(request, "session", None)
        if session is not None and session.accessed and not response.has_header("Cache-Control"):
            response.headers["Cache-Control"] = "private, no-store"
        return response


class PersonMiddleware(MiddlewareMixin):
    """Refuses what a page of one person sends after another one logged in in the same browser.

    A page that was open, or kept changes while it was offline, says whose it is; changes stay in
    the browser until that person is back.
    """

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        """Compare who the page says it is with who is logged in."""
        said = request.headers.get("X-Person", "")
        if not said or not request.user.is_authenticated or said == str(request.user.pk):
            return None
        words = (
            f"This page is not of {request.user.get_username()}, who is logged in in this browser "
            "now. Nothing was sent; log in as before, and it will be."
        )
        body = {"error": {"code": "another_person", "message": words}}
        return JsonResponse(body, status=HTTPStatus.FORBIDDEN)


class LimitsMiddleware(MiddlewareMixin):
    """Answers 429 with Retry-After when a limit is reached, 503 when nobody can count."""

    get_response: Callable[[HttpRequest], HttpResponseBase]

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Turn the two errors of limits into pages; leave all others alone."""
        if isinstance(error, LimitReachedError):
            response = _refusal(request, error, HTTPStatus.TOO_MANY_REQUESTS)
            response.headers["Retry-After"] = str(error.retry_after_seconds)
            return response
        if isinstance(error, LimitsUnavailableError):
            return _refusal(request, error, HTTPStatus.SERVICE_UNAVAILABLE)
        return None


def _refusal(request: HttpRequest, error: Exception, status: HTTPStatus) -> HttpResponse:
    if "json" in request.headers.get("Accept", ""):
        return HttpResponse(str(error), status=status, content_type="text/plain; charset=utf-8")
    context = {"title": "Not just now", "text": str(error), "status": status.value}
    return render(request, "refusal.html", context, status=status)
