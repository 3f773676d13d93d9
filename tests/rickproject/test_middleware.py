from collections.abc import Iterator

import pytest
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from rickproject.lib.limits import LimitReachedError, LimitsUnavailableError
from rickproject.middleware import LimitsMiddleware, PrivatePagesMiddleware
from tests.factories import UserFactory


def answer(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    return PrivatePagesMiddleware(lambda _request: response)(request)


@pytest.fixture
def request_with_session(rf: RequestFactory) -> Iterator[HttpRequest]:
    request = rf.get("/")
    request.session = SessionStore()
    return request


def test_private_pages_are_not_stored(request_with_session: HttpRequest) -> None:
    request_with_session.session.get("who")
    response = answer(request_with_session, HttpResponse("private"))
    assert response.headers["Cache-Control"] == "private, no-store"


def test_private_pages_leaves_public_answers_and_own_words_alone(
    request_with_session: HttpRequest,
) -> None:
    assert "Cache-Control" not in answer(request_with_session, HttpResponse("public")).headers
    request_with_session.session.get("who")
    stream = HttpResponse(headers={"Cache-Control": "no-cache, no-transform"})
    answered = answer(request_with_session, stream)
    assert answered.headers["Cache-Control"] == "no-cache, no-transform"


def test_limits_answer_429_with_the_time(rf: RequestFactory) -> None:
    error = LimitReachedError("Try again in 1 minute.", retry_after_seconds=60)
    request = rf.get("/", headers={"Accept": "application/json"})
    response = LimitsMiddleware(lambda _request: HttpResponse()).process_exception(request, error)
    assert response is not None
    assert (response.status_code, response.headers["Retry-After"]) == (429, "60")
    assert response.content == b"Try again in 1 minute."


def test_limits_answer_503_when_nobody_can_count(rf: RequestFactory) -> None:
    request = rf.get("/", headers={"Accept": "application/json"})
    response = LimitsMiddleware(lambda _request: HttpResponse()).process_exception(
        request, LimitsUnavailableError("It has to wait.")
    )
    assert response is not None
    assert response.status_code == 503


def test_limits_leave_other_errors_alone(rf: RequestFactory) -> None:
    middleware = LimitsMiddleware(lambda _request: HttpResponse())
    assert middleware.process_exception(rf.get("/"), ValueError("ours")) is None


@pytest.mark.django_db
def test_every_page_has_the_headers_of_a_strict_browser(client: Client) -> None:
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    headers = client.get("/admin/").headers
    policy = headers["Content-Security-Policy"]
    for part in (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    ):
        assert part in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in headers["Cache-Control"]
    assert "Access-Control-Allow-Origin" not in headers
