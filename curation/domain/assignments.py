"""Places in the episodes' work: taken, kept while somebody is at it, done.

That nobody holds a place twice is a constraint of the database; whoever is refused by it tries the
next one. A place keeps others from being given it, never from opening the page.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from curation.domain.activity import record_activity
from curation.enums import AssignmentOrigin, AssignmentState, WorkKind
from curation.models import Assignment, Episode, Membership, Project
from curation.models.assignments import HOLDING
from curation.queries.assignments import (
    free_for,
    lapsed_places,
    own_places_now,
    taken_numbers,
    wanted_places,
)
from rickproject.config import get_config
from rickproject.lib.kept_writes import KeptInsert

ALL_KINDS = (WorkKind.LAYER, WorkKind.SCENES, WorkKind.DIALOGUES)
RENEW_SECONDS = 60
ROUNDS = 40  # of candidates that others were faster on
MOST_REMEMBERED = 10_000

#: When this process last renewed whose lease of which episode, so that a save rarely asks.
_renewed: dict[tuple[int, int], float] = {}


def lease_end() -> datetime:
    """Return until when a place is kept for somebody who is at it now."""
    return timezone.now() + timedelta(minutes=get_config().lease_minutes)


@transaction.atomic
def take_next(
    project: Project,
    *,
    person: User,
    kinds: Sequence[WorkKind] = ALL_KINDS,
    takes_free: bool = True,
) -> Assignment | None:
    """Return the work a person goes on with: their own unfinished, else a free place, else one
    that somebody took and left.

    Args:
        kinds: in the order in which they are offered.
        takes_free: whether a place that the person does not hold yet may be taken.
    """
    members = Membership.objects.filter(project=project, user=person).order_by()
    list(members.select_for_update().values_list("pk"))  # two presses of one key are one
    for own in own_places_now(project, person):
        if own.kind in kinds and _renew(Q(pk=own.pk)):
            own.project = project
            return own
    if not takes_free:
        return None
    for kind in kinds:
        if taken := _take_free(project, kind, person):
            return taken
    return _take_lapsed(project, kinds, person)


@transaction.atomic
def begin_place(episode: Episode, *, person: User, kind: WorkKind) -> None:
    """Let a person who starts on an episode hold a place of it.

    A layer of one's own is always a place, be it one more than the project wants; the team's
    scenes and the dialogues have one, which stays whose it is.
    """
    if _renew(Q(episode=episode, person=person, kind=kind)):
        return
    wanted = None if kind == WorkKind.LAYER else 1
    insert_place(episode, kind, person, wanted=wanted, lease_until=lease_end())


@transaction.atomic
def finish_place(episode: Episode, *, person: User, kind: WorkKind) -> None:
    """Mark a person's place as done; a layer that was cut without a place gets one."""
    now = timezone.now()
    done: dict[str, Any] = {
        "state": AssignmentState.DONE,
        "ended_at": now,
        "ended_by": person,
    }
    if _held(episode, kind).filter(person=person).update(**done) or kind != WorkKind.LAYER:
        return
    insert_place(episode, kind, person, wanted=None, **done)


def follow_scenes(episode: Episode, *, actor: User, is_done: bool) -> None:
    """Let the places of the team's scenes follow their submission, or its taking back."""
    if not is_done:
        reopen_place(episode, person=actor, kind=WorkKind.SCENES)
        return
    _held(episode, WorkKind.SCENES).filter(state=AssignmentState.OPEN).update(
        state=AssignmentState.DONE, ended_at=timezone.now(), ended_by=actor
    )


def reopen_place(episode: Episode, *, person: User, kind: WorkKind) -> None:
    """Open a person's place again, whose submission was taken back."""
    _held(episode, kind).filter(person=person, state=AssignmentState.DONE).update(
        state=AssignmentState.OPEN, ended_at=None, ended_by=None, lease_until=lease_end()
    )


def keep_place(person: User, episode_id: int) -> None:
    """Renew what a person holds in an episode; at most one statement a minute and process."""
    key, now = (person.pk, episode_id), time.monotonic()
    if now - _renewed.get(key, -RENEW_SECONDS) < RENEW_SECONDS:
        return
    if len(_renewed) >= MOST_REMEMBERED:
        _renewed.clear()
    _renewed[key] = now
    late = lease_end() - timedelta(seconds=RENEW_SECONDS)
    due = Q(lease_until=None) | Q(lease_until__lt=late)
    _renew(due, person=person, episode=episode_id)


def _take_free(project: Project, kind: WorkKind, person: User) -> Assignment | None:
    for _ in range(ROUNDS):
        episodes = free_for(project, kind, person)
        for episode in episodes:
            wanted = wanted_places(project, kind)
            made = insert_place(episode, kind, person, wanted=wanted, lease_until=lease_end())
            if made:
                record_work("work.taken", made, person)
                return made
        if not episodes:
            break
    return None


def _take_lapsed(project: Project, kinds: Sequence[WorkKind], person: User) -> Assignment | None:
    for lapsed in lapsed_places(project, person=person).filter(kind__in=kinds)[:ROUNDS]:
        now = timezone.now()
        left = Assignment.objects.filter(
            pk=lapsed.pk, state=AssignmentState.OPEN, lease_until__lt=now
        ).update(state=AssignmentState.LAPSED, ended_at=now, ended_by=person)
        if not left:
            continue
        kind = WorkKind(lapsed.kind)
        made = insert_place(lapsed.episode, kind, person, wanted=None, lease_until=lease_end())
        if made:
            record_work("work.taken_over", made, person, person=name_of(lapsed.person))
            return made
    return None


_PLACE = KeptInsert(Assignment)


def insert_place(
    episode: Episode,
    kind: WorkKind,
    person: User,
    *,
    wanted: int | None,
    created_by: User | None = None,
    origin: AssignmentOrigin = AssignmentOrigin.TAKEN,
    **values: Any,
) -> Assignment | None:
    """Take the lowest free place; None when all ``wanted`` are held or the person holds one."""
    for _ in range(ROUNDS):
        held = taken_numbers(episode, kind)
        if wanted is not None and len(held) >= wanted:
            return None
        place = next(number for number in range(1, len(held) + 2) if number not in held)
        try:
            with transaction.atomic():
                return _PLACE.create(
                    project=episode.script.project,
                    episode=episode,
                    kind=kind,
                    person=person,
                    place=place,
                    origin=origin,
                    created_by=created_by or person,
                    **values,
                )
        except IntegrityError:
            if _held(episode, kind).filter(person=person).exists():
                return None
    return None


def _held(episode: Episode, kind: WorkKind) -> QuerySet[Assignment]:
    return Assignment.objects.filter(episode=episode, kind=kind, state__in=HOLDING)


def _renew(due: Q, **whose: object) -> int:
    rows = Assignment.objects.filter(due, state=AssignmentState.OPEN, **whose)
    return rows.update(lease_until=lease_end())


def record_work(verb: str, assignment: Assignment, actor: User, **detail: object) -> None:
    record_activity(
        verb,
        project=assignment.project,
        actor=actor,
        target=assignment,
        episode=assignment.episode.code,
        episode_id=assignment.episode_id,
        **detail,
    )


def name_of(person: User) -> str:
    return person.get_full_name() or person.username
