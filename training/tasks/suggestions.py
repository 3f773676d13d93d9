"""Turns of requests to language models: one question each, swept when one is lost."""

import logging
from datetime import timedelta

from celery import shared_task
from django.db.models import Q
from django.utils import timezone
from kombu.exceptions import OperationalError

from rickproject.lib.queue import sweep_task
from training.domain.suggestion_turns import advance_request
from training.enums import OPEN_REQUEST_STATES
from training.models import SuggestionRequest

logger = logging.getLogger(__name__)

LATE_AFTER = timedelta(seconds=10)


@shared_task(name="training.advance_suggestion")
def advance_suggestion_task(*, request_id: int) -> None:
    """Ask one question of a request and send for the next one."""
    found = SuggestionRequest.objects.filter(pk=request_id)
    request = found.select_related("project", "episode__script__project").first()
    if request is not None and advance_request(request):
        _send(request.pk)


@sweep_task("training.sweep_suggestions", every_seconds=15)
def sweep_suggestions_task() -> None:
    """Send every request whose turn is overdue: its message was lost, or its worker was killed."""
    now = timezone.now()
    late = Q(updated_at__lt=now - LATE_AFTER) & (Q(next_try_at=None) | Q(next_try_at__lte=now))
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    waiting = SuggestionRequest.objects.filter(late, free, state__in=OPEN_REQUEST_STATES)
    for pk in waiting.values_list("pk", flat=True):
        _send(pk)


def _send(pk: int) -> None:
    try:
        advance_suggestion_task.delay(request_id=pk)
    except (OperationalError, OSError):
        logger.warning("the broker is away, suggestion %s waits for the sweeper", pk)
