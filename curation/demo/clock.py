"""Spread the demo's work over the working days before now, in the order in which it was done."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model
from django.utils import timezone

from curation.models import (
    Activity,
    Boundary,
    ContextNote,
    DatasetVersion,
    Dialogue,
    DialogueRevision,
    Export,
    GuidelineRevision,
    Notification,
    Project,
    Review,
    Script,
    Segmentation,
    SuggestedBoundary,
    SuggestionRun,
    Thread,
)

OPENS, CLOSES = 9, 17  # hours of a working day, UTC
LAST_STEP_MINUTES = 25  # before now
FRIDAY = 4
#: How long a step takes, in minutes; the first that fits the verb counts.
MINUTES = (
    ("note.", 7.0),
    ("dialogue.created", 10.0),
    ("dialogue.submitted", 0.5),
    ("dialogue.", 9.0),
    ("scenes.edited", 30.0),
    ("dataset.approved", 90.0),
    ("", 3.0),
)


def spread_times(project: Project) -> None:
    """Give every step of the project a time of its own, and its rows the times of their steps."""
    steps = list(Activity.objects.filter(project=project).order_by("pk"))
    for step, moment in zip(steps, _moments(steps, upto=timezone.now()), strict=True):
        step.created_at = moment
    Activity.objects.bulk_update(steps, ["created_at"], batch_size=200)
    times = _Times(steps)
    _date_script(project, times)
    _date_guidelines(project, times)
    _date_scenes(project, times)
    _date_dialogues(project, times)
    _date_datasets(project, times)
    _date_talk(project, times)


def _moments(steps: Sequence[Activity], *, upto: datetime) -> list[datetime]:
    moment = _at_work(upto - timedelta(minutes=LAST_STEP_MINUTES))
    moments = []
    for number, step in enumerate(reversed(steps)):
        moments.append(moment)
        minutes = next(length for verb, length in MINUTES if step.verb.startswith(verb))
        pace = 0.5 + number * 37 % 100 / 100  # people are no clocks
        moment = _at_work(moment - timedelta(minutes=minutes * pace))
    return moments[::-1]


def _at_work(moment: datetime) -> datetime:
    """Return the last minute at work that is not after a moment."""
    if moment.hour >= CLOSES:
        moment = moment.replace(hour=CLOSES - 1, minute=52)
    elif moment.hour < OPENS:
        moment = (moment - timedelta(days=1)).replace(hour=CLOSES - 1, minute=55)
    if moment.weekday() > FRIDAY:
        days = moment.weekday() - FRIDAY
        moment = (moment - timedelta(days=days)).replace(hour=CLOSES - 1, minute=49)
    return moment


class _Times:
    """When something was done: first and last, by what it was done to and how the verb begins."""

    def __init__(self, steps: Iterable[Activity]) -> None:
        self._found: dict[tuple[str, int], list[tuple[str, datetime]]] = {}
        for step in steps:
            key = (step.target_type, step.target_id)
            self._found.setdefault(key, []).append((step.verb, step.created_at))

    def of(self, row: Model, *verbs: str) -> list[datetime]:
        """Return when something of ``verbs`` was done to a row; whenever anything was, if none."""
        found = self._found.get((row._meta.model_name or "", row.pk), [])
        return [at for verb, at in found if not verbs or verb in verbs]


def _set(row: Model, **values: datetime | None) -> None:
    """Write times around ``auto_now``; what is not known stays."""
    known: dict[str, Any] = {name: value for name, value in values.items() if value}
    type(row)._default_manager.filter(pk=row.pk).update(**known)


def _last(moments: Sequence[datetime]) -> datetime | None:
    return moments[-1] if moments else None


def _date_script(project: Project, times: _Times) -> None:
    _set(project, created_at=_last(times.of(project, "project.created")))
    for script in Script.objects.filter(project=project):
        done = _last(times.of(script, "script.imported"))
        asked = _last(times.of(script, "script.uploaded"))
        _set(script, created_at=asked, imported_at=done, updated_at=done, work_started_at=done)


def _date_guidelines(project: Project, times: _Times) -> None:
    for revision in GuidelineRevision.objects.filter(project=project):
        _set(revision, created_at=_last(times.of(revision, "guidelines.saved")))


def _date_scenes(project: Project, times: _Times) -> None:
    for layer in Segmentation.objects.filter(episode__script__project=project):
        edited = _last(times.of(layer, "scenes.edited"))
        _set(layer, updated_at=_last(times.of(layer)))
        if edited:
            Boundary.objects.filter(segmentation=layer).update(created_at=edited)
            runs = SuggestionRun.objects.filter(episode=layer.episode)
            runs.update(created_at=_last(times.of(layer, "scenes.suggested")) or edited)
            SuggestedBoundary.objects.filter(run__in=runs, decided_at__isnull=False).update(
                decided_at=edited
            )
        for note in ContextNote.objects.filter(scene__segmentation=layer).select_related("scene"):
            _set(note, created_at=_last(times.of(note.scene, "note.saved")))


def _date_dialogues(project: Project, times: _Times) -> None:
    decided = ("dialogue.approved", "dialogue.returned", "dialogue.removed")
    for dialogue in Dialogue.objects.filter(project=project):
        made = times.of(dialogue, "dialogue.created")
        edited = times.of(dialogue, "dialogue.created", "dialogue.text_changed")
        submitted = times.of(dialogue, "dialogue.submitted")
        _set(
            dialogue,
            created_at=_last(made),
            submitted_at=_last(submitted),
            updated_at=_last(times.of(dialogue)),
        )
        Review.objects.filter(dialogue=dialogue).update(
            created_at=_last(times.of(dialogue, *decided)) or timezone.now()
        )
        for revision in DialogueRevision.objects.filter(dialogue=dialogue):
            _set(revision, created_at=edited[min(revision.revision, len(edited)) - 1])


def _date_datasets(project: Project, times: _Times) -> None:
    for dataset in DatasetVersion.objects.filter(project=project):
        _set(
            dataset,
            created_at=_last(times.of(dataset, "dataset.requested")),
            updated_at=_last(times.of(dataset)),
            decided_at=_last(times.of(dataset, "dataset.approved")),
        )
        asked = _last(times.of(dataset, "export.requested"))
        for export in Export.objects.filter(dataset=dataset):
            _set(export, created_at=asked, updated_at=asked, finished_at=asked)


def _date_talk(project: Project, times: _Times) -> None:
    """Date threads, their comments, and what people were told of all that was done."""
    for thread in Thread.objects.filter(project=project).prefetch_related("comments"):
        opened = times.of(thread, "thread.opened")
        resolved = times.of(thread, "thread.resolved") if thread.resolved_by_id else []
        _set(thread, created_at=_last(opened), resolved_at=_last(resolved))
        said = [*opened, *times.of(thread, "thread.answered")]
        for comment, moment in zip(thread.comments.order_by("pk"), said, strict=True):
            _set(comment, created_at=moment)
    for told in Notification.objects.filter(project=project).select_related(
        "comment", "thread", "dialogue", "dataset", "episode"
    ):
        about = told.thread or told.dialogue or told.dataset or told.episode
        done = _last(times.of(about)) if about else None
        _set(told, created_at=told.comment.created_at if told.comment else done)
