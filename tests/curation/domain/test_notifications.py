"""Who is told of what, in the transaction of the event, and what nobody is told."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from curation.domain.assigning import assign_place, share_out
from curation.domain.members import remove_member
from curation.domain.notifications import (
    MailSettingError,
    choose_mail,
    mark_read,
    next_digest,
)
from curation.domain.reviews import approve_dialogue, return_dialogue
from curation.domain.threads import add_comment, open_thread, reopen_thread, resolve_thread
from curation.enums import (
    DialogueState,
    MailChoice,
    NotificationKind,
    Role,
    SegmentationMode,
    SegmentationState,
    WorkKind,
)
from curation.models import Dialogue, Notification, Project, Thread, Utterance
from curation.queries.notifications import count_unread, notifications_open_to
from tests.factories import (
    SegmentationFactory,
    make_approved_dialogues,
    make_member,
    make_scene,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_approved_dialogues(2)


@pytest.fixture
def people(project: Project) -> list[User]:
    return [make_member(project, Role.ANNOTATOR) for _ in range(3)]


def thread_of(project: Project, author: User, text: str = "Why?") -> Thread:
    dialogue = project.dialogues.first()
    assert dialogue
    return open_thread(project, on=dialogue, author=author, text=text)


def kinds(person: User) -> list[str]:
    return list(notifications_open_to(person).order_by("pk").values_list("kind", flat=True))


def test_threads_tell_the_mentioned_and_who_took_part_once_and_never_the_author(
    project: Project, people: list[User]
) -> None:
    ada, ben, eve = people
    thread = thread_of(project, ada, f"@{ben.username} @{ada.username} why?")
    assert (kinds(ada), kinds(ben)) == ([], ["mentioned"])
    add_comment(thread, author=ben, text=f"Because, @{ada.username.upper()}. @{ben.username}")
    assert (kinds(ada), kinds(ben)) == (["mentioned"], ["mentioned"])
    add_comment(thread, author=eve, text="I see.")
    assert (kinds(ada)[1:], kinds(ben)[1:], kinds(eve)) == (["replied"], ["replied"], [])
    resolve_thread(thread, actor=ben)
    assert (kinds(ada)[-1], kinds(ben)[-1], kinds(eve)) == ("resolved", "replied", ["resolved"])
    reopen_thread(thread, actor=ben)
    assert count_unread(ada) == 3


def test_only_the_projects_working_people_are_told(project: Project, people: list[User]) -> None:
    tester = make_member(project, Role.TESTER)
    stranger = make_member(make_approved_dialogues(1), Role.MANAGER)
    gone = make_member(project, Role.ANNOTATOR)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    names = " ".join(f"@{one.username}" for one in (tester, stranger, gone))
    thread_of(project, people[0], names)
    assert not Notification.objects.exists()


def test_an_event_that_is_taken_back_tells_nobody(project: Project, people: list[User]) -> None:
    with transaction.atomic():
        thread_of(project, people[0], f"@{people[1].username}")
        transaction.set_rollback(True)
    assert not Notification.objects.exists()


def test_who_leaves_a_project_reads_nothing_of_it_and_again_on_coming_back(
    project: Project, people: list[User]
) -> None:
    ada, ben, _ = people
    thread_of(project, ada, f"@{ben.username}")
    membership = ben.memberships.get()
    remove_member(membership, actor=project.created_by)
    assert (count_unread(ben), mark_read(ben)) == (0, 0)
    project.memberships.create(user=ben, role=Role.REVIEWER)
    assert kinds(ben) == ["mentioned"]


def test_a_blind_colleague_is_told_of_a_line_once_they_have_submitted() -> None:
    scene = make_scene("PIP: Who?\nVEX: Me.")
    episode = scene.segmentation.episode
    project = episode.script.project
    episode.segmentations.all().delete()
    project.segmentation_mode = SegmentationMode.BLIND
    project.save()
    ada, ben = (make_member(project, Role.ANNOTATOR) for _ in range(2))
    line = Utterance.objects.get(position=1)
    open_thread(project, on=line, author=ada, text=f"@{ben.username}, here?", is_on_scene=True)
    own = SegmentationFactory(episode=episode, annotator=ben, state=SegmentationState.IN_PROGRESS)
    assert (kinds(ben), count_unread(ben), mark_read(ben)) == ([], 0, 0)
    own.state = SegmentationState.SUBMITTED
    own.save()
    assert (kinds(ben), count_unread(ben)) == (["mentioned"], 1)


def test_decisions_tell_who_made_and_who_submitted_a_dialogue(
    project: Project, people: list[User]
) -> None:
    ada, ben, _ = people
    reviewer = make_member(project, Role.REVIEWER)
    one, other = project.dialogues.all()
    Dialogue.objects.update(state=DialogueState.SUBMITTED, created_by=ada, submitted_by=ben)
    one.refresh_from_db()
    other.refresh_from_db()
    return_dialogue(one, reviewer=reviewer, revision=one.revision, reason="Ends too early")
    approve_dialogue(other, reviewer=reviewer, revision=other.revision)
    for person in (ada, ben):
        assert kinds(person) == ["returned", "approved"]
    assert {one.words for one in Notification.objects.filter(kind="returned")} == {"Ends too early"}
    assert kinds(reviewer) == []


def test_work_given_is_told_and_work_taken_is_not(project: Project, people: list[User]) -> None:
    ada, ben, _ = people
    manager = make_member(project, Role.MANAGER)
    dialogue = project.dialogues.first()
    assert dialogue
    episode = dialogue.scene.segmentation.episode
    episode.segmentations.update(state=SegmentationState.SUBMITTED)
    assign_place(episode, person=ada, kind=WorkKind.DIALOGUES, actor=manager)
    told = notifications_open_to(ada).get()
    assert (told.kind, told.episode, told.words) == ("assigned", episode, "dialogues")
    share_out(project, kind=WorkKind.DIALOGUES, people=[manager], actor=manager)
    assert kinds(manager) == kinds(ben) == []


@pytest.mark.parametrize(
    ("now", "zone", "then"),
    [
        ("2026-06-01T05:59", "Europe/Berlin", "2026-06-01T06:00"),
        ("2026-06-01T06:00", "Europe/Berlin", "2026-06-02T06:00"),
        ("2026-10-24T07:00", "Europe/Berlin", "2026-10-25T07:00"),  # the clock goes back
        ("2026-03-28T08:00", "Europe/Berlin", "2026-03-29T06:00"),  # and forth
        ("2026-06-01T12:00", "Pacific/Auckland", "2026-06-01T20:00"),
    ],
)
def test_next_digest_is_the_next_eight_oclock_of_a_time_zone(
    now: str, zone: str, then: str
) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    found = next_digest(moment, hour=8, time_zone=zone)
    assert found == datetime.fromisoformat(then).replace(tzinfo=UTC)


def test_choose_mail_refuses_what_is_no_hour_or_zone(people: list[User]) -> None:
    for hour, zone in ((24, "UTC"), (8, "Moon/Base")):
        with pytest.raises(MailSettingError):
            choose_mail(people[0], choice=MailChoice.DIGEST, hour=hour, time_zone=zone)
    assert NotificationKind.MENTIONED.label == "you were mentioned"
