"""Ask language models for scenes and notes: asked for, asked again and stopped by people."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from curation.domain.activity import record_activity
from curation.models import Episode, Project
from curation.queries.layers import cuts_blind
from rickproject.config import get_config
from rickproject.lib.queue import enqueue_on_commit
from training.domain.suggestion_limits import price_of, require_room
from training.domain.suggestion_parts import Range
from training.domain.suggestion_questions import (
    OUTPUT_TOKENS,
    Question,
    note_questions,
    scene_questions,
    tokens_again,
)
from training.enums import OPEN_REQUEST_STATES, PartState, RequestState, SuggestionKind
from training.errors import TrainingError
from training.models import SuggestionPart, SuggestionRequest
from training.providers.errors import ProviderError
from training.providers.outbound import parse_origin

TASK = "training.advance_suggestion"


class SuggestionError(TrainingError):
    """A language model cannot be asked like this."""

    code = "suggestion"


def missing_for_suggestions() -> str:
    """Return what an operator has to set before a language model can be asked, empty if nothing."""
    config = get_config()
    missing = [
        name
        for name, value in (
            ("RICK_SUGGESTION_URL", config.suggestion_url),
            ("RICK_SUGGESTION_MODEL", config.suggestion_model),
        )
        if not value.strip()
    ]
    if not missing:
        try:
            parse_origin(config.suggestion_url)
        except ProviderError as error:
            return (
                str(error)
                .replace("OPENAI_BASE_URL", "RICK_SUGGESTION_URL")
                .replace("OPENAI_API_KEY", "RICK_SUGGESTION_KEY")
            )
        return ""
    return (
        f"No language model is set up here. An operator sets {' and '.join(missing)}, and "
        "RICK_SUGGESTION_KEY where the server wants a key; any server of the OpenAI protocol will "
        "do, one of your own too."
    )


def ask_for_scenes(
    episode: Episode, *, actor: User, client_key: str | None = None
) -> SuggestionRequest:
    """Write down a request for an episode's scenes; nothing has been sent when this returns.

    Where annotators cut blind, the suggestions will be for the actor's own layer.

    Raises:
        SuggestionError: no model is set up, there is nothing to cut, or it is being asked.
        SuggestionLimitError: the project's tokens or money do not allow it.
    """
    if episode.utterance_count < 2:
        raise SuggestionError("This episode has fewer than two lines, so there is nothing to cut.")
    questions = scene_questions(episode)
    annotator = actor if cuts_blind(episode) else None
    return _ask(
        episode,
        SuggestionKind.SCENES,
        questions,
        actor=actor,
        annotator=annotator,
        client_key=client_key,
    )


def ask_for_notes(
    episode: Episode,
    *,
    actor: User,
    position: int | None = None,
    client_key: str | None = None,
) -> SuggestionRequest:
    """Write down a request for titles and notes of agreed scenes.

    Args:
        position: where the one scene starts; None asks for every scene that has neither a note
            nor a draft, a hundred at once.

    Raises:
        SuggestionError: no model is set up, the scenes are not agreed, none is left, or it is
            being asked.
        SuggestionLimitError: the project's tokens or money do not allow it.
    """
    if cuts_blind(episode):
        raise SuggestionError(
            "Titles and notes are drafted once the team has agreed on this episode's scenes."
        )
    questions = note_questions(episode, position=position)
    if not questions:
        raise SuggestionError(
            "There is no scene without a note or a draft."
            if position is None
            else "There is no such scene. Load the page again."
        )
    return _ask(
        episode,
        SuggestionKind.NOTES,
        questions,
        actor=actor,
        annotator=None,
        client_key=client_key,
    )


@transaction.atomic
def ask_again(request: SuggestionRequest, *, actor: User) -> SuggestionRequest:
    """Ask once more what was refused, dropped or is in doubt; what was answered is kept.

    What is in doubt stays counted against the limits: it may be paid twice, and that is the
    person's decision.

    Raises:
        SuggestionError: nothing is left to ask, or the settings name another model by now.
        SuggestionLimitError: the project's tokens or money do not allow it.
    """
    project = _lock(request.project_id)
    if missing := other_model(request):
        raise SuggestionError(missing)
    newest = {part.own_first: part for part in request.parts.order_by("number")}
    again = [
        part
        for part in newest.values()
        if part.state in {PartState.REFUSED, PartState.IN_DOUBT, PartState.DROPPED}
        and (request.kind == SuggestionKind.SCENES or part.scene_id)
    ]
    changed = (
        SuggestionRequest.objects.filter(pk=request.pk)
        .exclude(state__in=OPEN_REQUEST_STATES)
        .update(
            state=RequestState.QUEUED,
            error_code="",
            error_detail="",
            next_try_at=None,
            finished_at=None,
            updated_at=timezone.now(),
        )
        if again
        else 0
    )
    if not changed:
        raise SuggestionError("There is nothing to ask again. Load the page again.")
    questions = [
        Question(
            Range(part.first, part.last, part.own_first, part.own_last),
            tokens_again(request, part),
            part.scene,
        )
        for part in again
    ]
    _write_parts(request, questions, project=project, start=request.parts.count() + 1)
    waiting = request.parts.filter(state=PartState.DROPPED, number__in=[p.number for p in again])
    waiting.update(reserved_tokens=0, reserved_usd=None)
    record_activity("suggestion.asked_again", project=project, actor=actor, target=request)
    enqueue_on_commit(TASK, request_id=request.pk)
    request.refresh_from_db()
    return request


@transaction.atomic
def stop_request(request: SuggestionRequest, *, actor: User) -> SuggestionRequest:
    """Ask nothing more; a question that is under way is still counted.

    Raises:
        SuggestionError: it is over already.
    """
    now = timezone.now()
    changed = SuggestionRequest.objects.filter(
        pk=request.pk, state__in=[*OPEN_REQUEST_STATES, RequestState.NEEDS_ATTENTION]
    ).update(state=RequestState.CANCELLED, finished_at=now, updated_at=now)
    request.refresh_from_db()
    if not changed:
        raise SuggestionError(f"This request is {request.get_state_display()} already.")
    drop_waiting(request)
    record_activity("suggestion.stopped", project=request.project, actor=actor, target=request)
    return request


def drop_waiting(request: SuggestionRequest) -> None:
    """Give back what the unsent questions of a request had reserved."""
    request.parts.filter(state=PartState.WAITING).update(
        state=PartState.DROPPED, reserved_tokens=0, reserved_usd=None
    )


def other_model(request: SuggestionRequest) -> str:
    """Return why a request cannot go on with today's settings, empty if it can."""
    if missing := missing_for_suggestions():
        return missing
    config = get_config()
    if (config.suggestion_model, server_name()) == (request.model_name, request.server):
        return ""
    return (
        f"This was asked of {request.model_name}; the settings name {config.suggestion_model} by "
        "now. Ask anew."
    )


def server_name() -> str:
    """Return the configured server without path, as requests keep it."""
    origin = parse_origin(get_config().suggestion_url)
    return f"{origin.scheme}://{origin.host}:{origin.port}"


def _lock(project_id: int) -> Project:
    """Take the project's row, so that one request at a time counts what is left."""
    return Project.objects.select_for_update(no_key=True).get(pk=project_id)


def _ask(
    episode: Episode,
    kind: SuggestionKind,
    questions: Sequence[Question],
    *,
    actor: User,
    annotator: User | None,
    client_key: str | None,
) -> SuggestionRequest:
    if missing := missing_for_suggestions():
        raise SuggestionError(missing)
    mine = SuggestionRequest.objects.filter(created_by=actor, client_key=client_key)
    if client_key and (found := mine.first()):
        return found
    try:
        return _create(
            episode, kind, questions, actor=actor, annotator=annotator, client_key=client_key
        )
    except IntegrityError:
        if client_key and (found := mine.first()):
            return found
        raise


@transaction.atomic
def _create(
    episode: Episode,
    kind: SuggestionKind,
    questions: Sequence[Question],
    *,
    actor: User,
    annotator: User | None,
    client_key: str | None,
) -> SuggestionRequest:
    project = _lock(episode.script.project_id)
    same = SuggestionRequest.objects.filter(episode=episode, kind=kind, annotator=annotator)
    if same.filter(state__in=OPEN_REQUEST_STATES).exists():
        raise SuggestionError("The model is being asked for this already; wait for its answer.")
    model = get_config().suggestion_model
    price = price_of(model)
    request = SuggestionRequest.objects.create(
        project=project,
        episode=episode,
        kind=kind,
        annotator=annotator,
        model_name=model,
        server=server_name(),
        input_usd_per_million_tokens=price.input_usd if price else None,
        output_usd_per_million_tokens=price.output_usd if price else None,
        price_as_of=price.as_of if price else None,
        client_key=client_key or None,
        created_by=actor,
    )
    _write_parts(request, questions, project=project, start=1)
    record_activity("suggestion.asked", project=project, actor=actor, target=request)
    enqueue_on_commit(TASK, request_id=request.pk)
    return request


def _write_parts(
    request: SuggestionRequest, questions: Sequence[Question], *, project: Project, start: int
) -> None:
    """Write the questions with what each reserves, or refuse them all; the project is locked."""
    output = OUTPUT_TOKENS[SuggestionKind(request.kind)]
    price = price_of(request.model_name)
    costs = [
        price.cost_usd(input_tokens=one.tokens, output_tokens=output) if price else None
        for one in questions
    ]
    known: list[Any] = [cost for cost in costs if cost is not None]
    require_room(
        project,
        more_tokens=sum(one.tokens + output for one in questions),
        more_usd=sum(known) if price else None,
    )
    SuggestionPart.objects.bulk_create(
        SuggestionPart(
            request=request,
            number=start + number,
            scene=one.scene,
            first=one.lines.first,
            last=one.lines.last,
            own_first=one.lines.own_first,
            own_last=one.lines.own_last,
            reserved_tokens=one.tokens + output,
            reserved_usd=cost,
        )
        for number, (one, cost) in enumerate(zip(questions, costs, strict=True))
    )
