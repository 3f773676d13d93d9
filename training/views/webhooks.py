"""The door for providers' webhooks: signed, small, answered at once."""

import hashlib
from http import HTTPStatus

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from training.domain.webhooks import hear_webhook
from training.providers.registry import connection_of
from training.providers.webhooks import WINDOW_SECONDS, WebhookRefusedError, read_webhook

LIMIT_BYTES = 64 * 1024
REMEMBERED_SECONDS = 2 * WINDOW_SECONDS + 60


@csrf_exempt  # signed by a secret; no login counts here
@require_POST
def webhook(request: HttpRequest, key: str) -> HttpResponse:
    """Take a message; the answer does not tell whether a connection exists or takes any."""
    length = request.headers.get("content-length") or "0"
    if not length.isdigit() or int(length) > LIMIT_BYTES:
        return HttpResponse(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    body = request.read(LIMIT_BYTES + 1)
    if len(body) > LIMIT_BYTES:
        return HttpResponse(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    connection = connection_of(key)
    if connection is None or connection.webhook_secret is None:
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
    named = {name.lower(): value for name, value in request.headers.items()}
    try:
        message = read_webhook(body, named, secret=connection.webhook_secret)
    except WebhookRefusedError:
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
    seen = hashlib.sha256(f"{key}\n{message.id}".encode()).hexdigest()
    if cache.get(f"webhook:{seen}") is None:
        hear_webhook(key, message)
        cache.set(f"webhook:{seen}", 1, REMEMBERED_SECONDS)  # after it was heard: a retry may come
    return HttpResponse(status=HTTPStatus.NO_CONTENT)
