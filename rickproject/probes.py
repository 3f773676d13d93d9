"""``/healthz`` and ``/readyz``: what load balancers and operators ask."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from rickproject.readiness import readiness_problems


@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer that this web process lives; nothing else is asked."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """Answer 200 when everything that pages and work need is there, else 503 and the causes."""
    problems = readiness_problems()
    body = {"ready": not problems, "problems": problems}
    return JsonResponse(
        body, status=503 if problems else 200, headers={"Cache-Control": "no-store"}
    )
