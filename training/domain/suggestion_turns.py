"""One turn of a request to a language model: one question, sent once, its answer kept or refused.

The order: a claim by one conditional update, longer than the question may take; the part's state
``sent``; the question; what it cost and what it said, in one transaction. A part that is found
``sent`` when a turn begins was under way when its worker died: it may have been paid, so a person
decides whether it is asked again.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from curation.domain import leases
from curation.domain.note_drafts import keep_note_draft
from curation.domain.outside_suggestions import keep_suggested_scenes
from curation.queries.layers import cuts_blind
from rickproject.config import get_config
from training.domain.suggestion_answers import AnswerRefusedError
from training.domain.suggestion_limits import SuggestionLimitError, require_room
from training.domain.suggestion_parts import Range, estimate_tokens, merge_scenes
from training.domain.suggestion_prompts import NOTE_SCHEMA, PROMPT_VERSION, SCENES_SCHEMA
from training.domain.suggestion_questions import OUTPUT_TOKENS
from training.domain.suggestion_records import part_costs, part_messages, read_part
from training.domain.suggestions import drop_waiting, other_model
from training.enums import OPEN_REQUEST_STATES, PartState, RequestState, SuggestionKind
from training.models import SuggestionPart, SuggestionRequest
from training.providers.errors import (
    ProviderAnswerError,
    ProviderError,
    ProviderRefusedError,
    UnknownOutcomeError,
)
from training.providers.suggestions import BusyError, ModelAnswer, SuggestionServer

CLAIM_SECONDS = 240  # longer than one question, asked in every form, may take
MOST_ATTEMPTS = 4
FIRST_WAIT_SECONDS = 15
DOUBT = (
    "{words} Look at the server's own bill if it matters; “Ask again” may pay for it a second "
    "time, and “Stop” leaves it."
)


def advance_request(request: SuggestionRequest) -> bool:
    """Take a request one question further; safe to call twice or at once.

    Returns:
        Whether another turn is due at once.
    """
    owner = leases.new_owner()
    if not _claim(request, owner):
        return False
    try:
        return _turn(request, owner)
    finally:
        SuggestionRequest.objects.filter(pk=request.pk, lease_owner=owner).update(
            lease_owner="", lease_until=None
        )


def _claim(request: SuggestionRequest, owner: str) -> bool:
    now = timezone.now()
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    due = Q(next_try_at=None) | Q(next_try_at__lte=now)
    changed = SuggestionRequest.objects.filter(
        free, due, pk=request.pk, state__in=OPEN_REQUEST_STATES
    ).update(
        state=RequestState.RUNNING,
        lease_owner=owner,
        lease_until=now + timedelta(seconds=CLAIM_SECONDS),
        updated_at=now,
    )
    request.refresh_from_db()
    return bool(changed)


def _turn(request: SuggestionRequest, owner: str) -> bool:
    lost = request.parts.filter(state=PartState.SENT).first()
    if lost is not None:
        words = "The worker was stopped while a question was under way."
        _leave_to_person(request, lost, UnknownOutcomeError(words))
        return False
    part = request.parts.filter(state=PartState.WAITING).order_by("number").first()
    if part is None:
        _finish(request)
        return False
    return _may_go_on(request) and _ask_part(request, part, owner)


def _ask_part(request: SuggestionRequest, part: SuggestionPart, owner: str) -> bool:
    if request.kind == SuggestionKind.NOTES and (part.scene is None or not part.scene.is_active):
        request.parts.filter(pk=part.pk, state=PartState.WAITING).update(
            state=PartState.DROPPED, reserved_tokens=0, reserved_usd=None
        )
        return True  # the scene is gone meanwhile
    messages = part_messages(request, part)
    return _note_sending(part, owner) and _send(request, part, messages)


def _may_go_on(request: SuggestionRequest) -> bool:
    """Look at settings and limits again: a server may count more tokens than was estimated."""
    if reason := other_model(request):
        _fail(request, code="suggestion_settings", detail=reason)
        return False
    try:
        require_room(request.project, more_tokens=0, more_usd=Decimal(0))
    except SuggestionLimitError as error:
        _fail(request, code=error.code, detail=str(error))
        return False
    return True


def _note_sending(part: SuggestionPart, owner: str) -> bool:
    """Write down, before the question, that it may have been sent; False if the claim was lost."""
    now = timezone.now()
    return bool(
        SuggestionPart.objects.filter(
            pk=part.pk,
            state=PartState.WAITING,
            request__lease_owner=owner,
            request__lease_until__gt=now,
            request__state=RequestState.RUNNING,
        ).update(state=PartState.SENT, sent_at=now, attempts=F("attempts") + 1)
    )


def _send(request: SuggestionRequest, part: SuggestionPart, messages: list[dict[str, str]]) -> bool:
    kind = SuggestionKind(request.kind)
    try:
        answer = _server().ask(
            messages,
            schema_name=kind.value,
            schema=SCENES_SCHEMA if kind == SuggestionKind.SCENES else NOTE_SCHEMA,
            most_tokens=OUTPUT_TOKENS[kind],
        )
    except BusyError as error:
        _try_later(request, part, error)
    except (UnknownOutcomeError, ProviderAnswerError) as error:
        _leave_to_person(request, part, error)
    except (ProviderRefusedError, ProviderError) as error:
        SuggestionPart.objects.filter(pk=part.pk, state=PartState.SENT).update(
            state=PartState.WAITING
        )
        _fail(request, code=error.code, detail=str(error))
    else:
        return _keep(request, part, answer, counted=estimate_tokens(messages))
    return False


def _server() -> SuggestionServer:
    config = get_config()
    key = config.suggestion_key.get_secret_value() if config.suggestion_key else ""
    return SuggestionServer(config.suggestion_url, key, config.suggestion_model)


def _try_later(request: SuggestionRequest, part: SuggestionPart, error: BusyError) -> None:
    part.refresh_from_db()
    SuggestionPart.objects.filter(pk=part.pk, state=PartState.SENT).update(state=PartState.WAITING)
    if part.attempts >= MOST_ATTEMPTS:
        _fail(request, code=error.code, detail=f"{error} It was asked {part.attempts} times.")
        return
    wait = max(error.wait_seconds, FIRST_WAIT_SECONDS * 2 ** (part.attempts - 1))
    now = timezone.now()
    _still_running(request).update(
        next_try_at=now + timedelta(seconds=wait), error_detail=str(error), updated_at=now
    )


@transaction.atomic
def _leave_to_person(
    request: SuggestionRequest, part: SuggestionPart, error: ProviderError
) -> None:
    SuggestionPart.objects.filter(pk=part.pk, state=PartState.SENT).update(
        state=PartState.IN_DOUBT, error_detail=str(error)
    )
    _still_running(request).update(
        state=RequestState.NEEDS_ATTENTION,
        error_code=error.code,
        error_detail=DOUBT.format(words=error),
        updated_at=timezone.now(),
    )


@transaction.atomic
def _fail(request: SuggestionRequest, *, code: str, detail: str) -> None:
    now = timezone.now()
    _still_running(request).update(
        state=RequestState.FAILED,
        error_code=code,
        error_detail=detail,
        finished_at=now,
        updated_at=now,
    )
    drop_waiting(request)


def _still_running(request: SuggestionRequest) -> Any:
    return SuggestionRequest.objects.filter(pk=request.pk, state=RequestState.RUNNING)


@transaction.atomic
def _keep(
    request: SuggestionRequest, part: SuggestionPart, answer: ModelAnswer, *, counted: int
) -> bool:
    """Write what the answer cost and said; True when the request goes on."""
    known: dict[str, Any] = part_costs(request, answer, counted=counted)
    try:
        if answer.is_cut:
            msg = "The model's answer was refused: it was cut off for its length."
            raise AnswerRefusedError(msg)
        known["answer"] = read_part(request, part, answer.text)
    except AnswerRefusedError as error:
        known |= {"state": PartState.REFUSED, "error_detail": str(error)}
    else:
        known["state"] = PartState.ANSWERED
    if not SuggestionPart.objects.filter(pk=part.pk, state=PartState.SENT).update(**known):
        return False
    now = timezone.now()
    if not _still_running(request).update(next_try_at=None, error_detail="", updated_at=now):
        return False
    if known["state"] == PartState.REFUSED and request.kind == SuggestionKind.SCENES:
        where = f"Lines {part.first + 1} to {part.last + 1}: "
        _fail(request, code=AnswerRefusedError.code, detail=where + known["error_detail"])
        return False
    if known["state"] == PartState.ANSWERED and part.scene is not None:
        keep_note_draft(
            part.scene,
            title=known["answer"]["title"],
            text=known["answer"]["note"],
            model_name=request.model_name,
            asked_by=request.created_by,
        )
    return True


@transaction.atomic
def _finish(request: SuggestionRequest) -> None:
    """Hand the answers over, in the transaction that closes the request."""
    now = timezone.now()
    refused = request.parts.filter(state=PartState.REFUSED).count()
    answered = request.parts.filter(state=PartState.ANSWERED).count()
    words = ""
    if request.kind == SuggestionKind.NOTES and refused:
        words = (
            f"{refused} of {refused + answered} answers were refused; those scenes have no draft."
        )
    if not _still_running(request).update(
        state=RequestState.SUCCEEDED,
        error_code=AnswerRefusedError.code if words else "",
        error_detail=words,
        finished_at=now,
        updated_at=now,
    ):
        return
    if request.kind == SuggestionKind.SCENES:
        _keep_scenes(request)


def _keep_scenes(request: SuggestionRequest) -> None:
    parts = request.parts.filter(state=PartState.ANSWERED).order_by("number")
    starts = merge_scenes(
        (
            Range(part.first, part.last, part.own_first, part.own_last),
            dict(part.answer["scenes"]),
        )
        for part in parts
        if part.answer
    )
    settled = request.annotator is not None and not cuts_blind(request.episode)
    keep_suggested_scenes(
        request.episode,
        starts=starts,
        model_name=request.model_name,
        actor=request.created_by,
        annotator=None if settled else request.annotator,
        parameters={"request": request.pk, "prompt": PROMPT_VERSION},
    )
