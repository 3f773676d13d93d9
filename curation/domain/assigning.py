"""Places given by a manager, and places given back."""

from __future__ import annotations

from collections.abc import Collection

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from curation.domain.activity import record_activity
from curation.domain.assignments import insert_place, name_of, record_work
from curation.domain.notifications import notify
from curation.domain.work_balance import balanced
from curation.enums import AssignmentOrigin, AssignmentState, NotificationKind, WorkKind
from curation.errors import CurationError
from curation.models import Assignment, Episode, Membership, Project
from curation.queries.assignments import WORKING_ROLES, wanted_places, workable


class PlaceRefusedError(CurationError):
    """A place cannot be given or ended as asked."""

    code = "place_refused"


@transaction.atomic
def assign_place(episode: Episode, *, person: User, kind: WorkKind, actor: User) -> Assignment:
    """Give a person a place by hand; it waits for them until it is done or taken back.

    Raises:
        PlaceRefusedError: every place is held, or the person cannot work here or holds one.
    """
    project = episode.script.project
    _check_member(project, person)
    if not workable(project, kind).filter(pk=episode.pk).exists():
        msg = f"There is nothing to do for {kind.label} in {episode.code} now."
        raise PlaceRefusedError(msg)
    wanted = wanted_places(project, kind)
    made = insert_place(
        episode, kind, person, wanted=wanted, origin=AssignmentOrigin.MANUAL, created_by=actor
    )
    if made is None:
        who = person.get_full_name() or person.username
        people = "one person" if wanted == 1 else f"{wanted} people"
        msg = f"{episode.code} was not given to {who}: {people} may do this, and they are chosen."
        raise PlaceRefusedError(msg)
    record_work("work.assigned", made, actor, person=name_of(person))
    notify(
        [person],
        kind=NotificationKind.ASSIGNED,
        project=project,
        actor=actor,
        on=episode,
        words=kind.label,
    )
    return made


@transaction.atomic
def share_out(project: Project, *, kind: WorkKind, people: Collection[User], actor: User) -> int:
    """Give every free place to somebody: to whom has least to do, then whose turn is longest ago.

    Nobody gets an episode in which they hold a place already.

    Returns:
        how many places were given.

    Raises:
        PlaceRefusedError: one of the people does not work in the project, or nobody is chosen.
    """
    if not people:
        msg = "Choose who gets the work."
        raise PlaceRefusedError(msg)
    for person in people:
        _check_member(project, person)
    before = Assignment.objects.filter(project=project).count()
    rows = [
        Assignment(
            project=project,
            episode_id=episode,
            kind=kind,
            person_id=person,
            place=place,
            origin=AssignmentOrigin.SHARED_OUT,
            created_by=actor,
        )
        for episode, person, place in balanced(project, kind, [one.pk for one in people])
    ]
    Assignment.objects.bulk_create(rows, ignore_conflicts=True, batch_size=200)
    given = Assignment.objects.filter(project=project).count() - before
    if given:
        record_activity(
            "work.shared_out",
            project=project,
            actor=actor,
            target=project,
            places=given,
            kind=kind.value,
            people=[name_of(one) for one in people],
        )
        _tell_shares(rows, people=people, actor=actor)
    return given


@transaction.atomic
def release_place(assignment: Assignment, *, actor: User) -> Assignment:
    """Give a place back, one's own or as a manager another's; what was done there is kept.

    Raises:
        PlaceRefusedError: it is done or ended by now.
    """
    return _end(assignment, AssignmentState.RELEASED, actor, verb="released")


@transaction.atomic
def complete_place(assignment: Assignment, *, actor: User) -> Assignment:
    """Say that the dialogues of an episode are picked; scenes are done when submitted.

    Raises:
        PlaceRefusedError: it is no work on dialogues, or ended by now.
    """
    if assignment.kind != WorkKind.DIALOGUES:
        msg = "Scenes are done when you submit them in the reader."
        raise PlaceRefusedError(msg)
    return _end(assignment, AssignmentState.DONE, actor, verb="finished")


def release_all(project: Project, *, person: User, actor: User) -> None:
    """Free what a person holds who does not work in the project any more."""
    Assignment.objects.filter(project=project, person=person, state=AssignmentState.OPEN).update(
        state=AssignmentState.RELEASED, ended_at=timezone.now(), ended_by=actor
    )


def _end(assignment: Assignment, state: AssignmentState, actor: User, *, verb: str) -> Assignment:
    ended = Assignment.objects.filter(pk=assignment.pk, state=AssignmentState.OPEN).update(
        state=state, ended_at=timezone.now(), ended_by=actor
    )
    assignment.refresh_from_db()
    if not ended:
        msg = f"This place is {assignment.get_state_display()} by now."
        raise PlaceRefusedError(msg)
    own = {} if assignment.person_id == actor.pk else {"person": name_of(assignment.person)}
    record_work(f"work.{verb}", assignment, actor, **own)
    return assignment


def _tell_shares(rows: list[Assignment], *, people: Collection[User], actor: User) -> None:
    for person in people:
        own = [row for row in rows if row.person_id == person.pk]
        if own:
            more = f" and {len(own) - 1} more" if len(own) > 1 else ""
            notify(
                [person],
                kind=NotificationKind.ASSIGNED,
                project=own[0].project,
                actor=actor,
                on=own[0].episode,
                words=f"{WorkKind(own[0].kind).label}{more}",
            )


def _check_member(project: Project, person: User) -> None:
    held = Membership.objects.filter(project=project, user=person, role__in=WORKING_ROLES)
    if not held.exists():
        msg = f"{name_of(person)} does not work on scripts here: give them a role first."
        raise PlaceRefusedError(msg)
