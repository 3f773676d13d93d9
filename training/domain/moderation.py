"""Ask a provider's moderation about a dataset version before the provider is asked to train on it.

OpenAI reads training and validation files with its moderation and refuses a whole file for some
lines of it; asked before, it says which. The question costs nothing and may be asked again.
"""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from curation.domain.activity import record_activity
from curation.domain.findings import keep_findings
from curation.domain.leased_work import Hold, Stages, work_on
from curation.domain.record_checks import Problem
from curation.enums import DatasetState, Severity
from curation.models import DatasetRecord, DatasetVersion
from rickproject.lib.numbers import counted
from rickproject.lib.queue import enqueue_on_commit
from training.enums import ModerationState
from training.errors import TrainingError
from training.models import ModerationRun
from training.providers.errors import ProviderUnavailableError
from training.providers.registry import (
    capabilities_here,
    missing_for,
    provider_keys,
    remote_provider,
)

CODE = "moderation"
TEXTS_A_QUESTION = 32
WAITS_SECONDS = (2, 10, 30)  # before a question is asked again at a busy provider
SHOWN_CHARACTERS = 60
STAGES = Stages(
    waiting=ModerationState.QUEUED,
    working=ModerationState.RUNNING,
    failed=ModerationState.FAILED,
    gave_up="The worker stopped three times at this question. Ask again.",
)
READABLE = frozenset({DatasetState.WAITING, DatasetState.APPROVED})

Verdicts = list[tuple[str, dict[str, float]]]


class ModerationError(TrainingError):
    """A provider's moderation cannot be asked like this."""

    code = "moderation"


def moderating_providers() -> list[tuple[str, str]]:
    """Return key and name of the providers that have a moderation and can be asked now."""
    rows = [(key, capabilities_here(key)) for key in provider_keys()]
    return [(key, row.label) for key, row in rows if row.moderation_model and not missing_for(key)]


@transaction.atomic
def request_moderation(
    dataset: DatasetVersion, *, provider: str, actor: User, in_background: bool = True
) -> ModerationRun:
    """Have a provider's moderation read a version; one that is under way is given again.

    Raises:
        ModerationError: the provider has no moderation or cannot be asked, or the version is not
            one that is built and may be trained on.
    """
    row = capabilities_here(provider)
    if provider not in dict(moderating_providers()):
        raise ModerationError(missing_for(provider) or f"{row.label} has no moderation to ask.")
    if dataset.state not in READABLE:
        raise ModerationError("Only a version that is built, and not returned, can be read.")
    try:
        with transaction.atomic():
            run = ModerationRun.objects.create(
                dataset=dataset,
                provider=provider,
                model_name=row.moderation_model,
                created_by=actor,
            )
    except IntegrityError:
        return ModerationRun.objects.get(
            dataset=dataset, provider=provider, state__in=(STAGES.waiting, STAGES.working)
        )
    record_activity(
        "dataset.moderation_asked",
        project=dataset.project,
        actor=actor,
        target=dataset,
        provider=provider,
    )
    if in_background:
        enqueue_on_commit("training.moderate_dataset", run_id=run.pk)
    return run


def moderate(run: ModerationRun) -> bool:
    """Ask about every text once and keep what is flagged; safe to call twice or at once.

    Returns:
        False when it is done already or under way elsewhere.
    """
    return work_on(run, STAGES, lambda hold: _read(run, hold))


def _read(run: ModerationRun, hold: Hold) -> None:
    places = _places(run.dataset)
    texts = list(places)
    client = remote_provider(run.provider)

    def ask(part: Sequence[str]) -> list[dict[str, float]]:
        return client.moderate(part, model=run.model_name)

    hold.keep(texts_total=len(texts), texts_done=0)
    flagged: Verdicts = []
    for start in range(0, len(texts), TEXTS_A_QUESTION):
        part = texts[start : start + TEXTS_A_QUESTION]
        verdicts = _asked(ask, part, hold)
        flagged += [(text, flags) for text, flags in zip(part, verdicts, strict=True) if flags]
        hold.keep(texts_done=start + len(part))
    with transaction.atomic():
        label = capabilities_here(run.provider).label
        keep_findings(run.dataset, _problems(flagged, places, label))
        hold.end(ModerationState.DONE, flagged_count=len(flagged))


def _places(dataset: DatasetVersion) -> dict[str, list[int]]:
    """Return every text of a version with the dialogues that have it, in the order of the files."""
    places: dict[str, list[int]] = defaultdict(list)
    rows = DatasetRecord.objects.filter(dataset=dataset).values_list("dialogue_id", "line")
    for dialogue, line in rows.iterator(500):
        for text in _texts(json.loads(bytes(line))):
            if dialogue not in places[text]:
                places[text].append(dialogue)
    return places


def _texts(record: dict[str, Any]) -> Iterator[str]:
    for message in record["messages"]:
        if message["content"].strip():
            yield message["content"]


def _asked(
    ask: Callable[[Sequence[str]], list[dict[str, float]]], part: Sequence[str], hold: Hold
) -> list[dict[str, float]]:
    for seconds in WAITS_SECONDS:
        try:
            return ask(part)
        except ProviderUnavailableError:
            time.sleep(seconds)
            hold.keep()
    return ask(part)


def _problems(flagged: Verdicts, places: dict[str, list[int]], provider: str) -> Iterator[Problem]:
    for text, flags in flagged:
        first, *others = places[text]
        names = ", ".join(f"{name} {score:.2f}" for name, score in sorted(flags.items()))
        also = f" It stands in {counted(len(others), 'more dialogue')}." if others else ""
        shown = text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS].rstrip()}…"
        yield Problem(
            CODE,
            Severity.WARNING,
            f"The moderation of {provider} flags “{shown}” ({names}); it may refuse the whole file "
            f"for it.{also}",
            first,
        )
