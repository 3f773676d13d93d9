"""Mails of notifications: once, by one, plain, with a way out; a failing server loses nothing."""

from datetime import timedelta
from smtplib import SMTPServerDisconnected
from threading import Thread as WorkThread

import pytest
from django.contrib.auth.models import User
from django.core import mail as outbox
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.utils import timezone

from curation.domain.mail_words import off_token, user_of_token
from curation.domain.mails import MOST_ATTEMPTS, queue_mails, send_mail, waiting_mails
from curation.domain.notifications import choose_mail, mark_read, turn_mail_off
from curation.domain.threads import add_comment, open_thread
from curation.enums import MailChoice, MailState, Role
from curation.models import MailSetting, Notification, OutgoingMail, Project
from rickproject.doctor import waiting_mail
from tests.factories import make_approved_dialogues, make_member

pytestmark = pytest.mark.django_db


class RefusingBackend(EmailBackend):
    """A mail server that hangs up."""

    def send_messages(self, messages: object) -> int:
        raise SMTPServerDisconnected("Connection unexpectedly closed")


@pytest.fixture
def project() -> Project:
    return make_approved_dialogues(1)


@pytest.fixture
def ben(project: Project) -> User:
    return make_member(project, Role.ANNOTATOR)


def mention(project: Project, person: User, text: str = "look") -> None:
    dialogue = project.dialogues.first()
    assert dialogue
    words = f"@{person.username} {text}"
    open_thread(project, on=dialogue, author=project.created_by, text=words)


def make_due(person: User, choice: MailChoice = MailChoice.DIGEST) -> None:
    MailSetting.objects.filter(user=person).update(
        choice=choice, next_digest_at=timezone.now() - timedelta(minutes=1)
    )


def send_waiting() -> None:
    for pk in waiting_mails():
        send_mail(OutgoingMail.objects.get(pk=pk))


def test_a_mention_is_mailed_at_once_as_plain_text_with_a_way_out(
    project: Project, ben: User
) -> None:
    mention(project, ben, "<script>alert(1)</script>\nSecond line")
    queue_mails()
    queue_mails()
    send_waiting()
    send_waiting()
    (sent,) = outbox.outbox
    assert sent.to == [ben.email]
    assert "mentioned you" in sent.subject
    assert "\n" not in sent.subject
    assert sent.content_subtype == "plain"
    assert "> Second line" in sent.body
    assert f"/notifications/{Notification.objects.get().pk}/" in sent.body
    link = sent.extra_headers["List-Unsubscribe"].strip("<>")
    assert link in sent.body
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert user_of_token(link.rstrip("/").rpartition("/")[2]) == ben.pk


def test_a_digest_tells_everything_unread_once_and_moves_on(project: Project, ben: User) -> None:
    choose_mail(ben, choice=MailChoice.DIGEST, hour=8, time_zone="UTC")
    mention(project, ben, "one")
    mention(project, ben, "two")
    queue_mails()
    assert not OutgoingMail.objects.exists()
    make_due(ben)
    queue_mails()
    queue_mails()
    send_waiting()
    (sent,) = outbox.outbox
    assert "2 things for you" in sent.subject
    assert MailSetting.objects.get(user=ben).next_digest_at > timezone.now()
    make_due(ben)
    queue_mails()
    assert not waiting_mails()


@pytest.mark.django_db(transaction=True)
def test_a_digest_is_sent_once_by_three_at_once(project: Project, ben: User) -> None:
    mention(project, ben)
    make_due(ben)

    def work() -> None:
        try:
            queue_mails()
            send_waiting()
        finally:
            connection.close()

    workers = [WorkThread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    send_waiting()
    assert len(outbox.outbox) == 1
    assert OutgoingMail.objects.filter(state=MailState.SENT).count() == 1


def test_a_failing_server_is_asked_again_later_and_nothing_is_lost(
    project: Project, ben: User, settings: object
) -> None:
    mention(project, ben)
    queue_mails()
    found = OutgoingMail.objects.get()
    settings.EMAIL_BACKEND = f"{__name__}.RefusingBackend"  # type: ignore[attr-defined]
    assert not send_mail(found)
    assert (found.state, found.attempts) == (MailState.QUEUED, 1)
    assert "Connection unexpectedly closed" in found.error_detail
    assert "Connection unexpectedly closed" in waiting_mail().detail
    assert waiting_mails() == []
    assert not send_mail(found)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"  # type: ignore[attr-defined]
    OutgoingMail.objects.update(next_try_at=timezone.now())
    send_waiting()
    assert len(outbox.outbox) == 1


def test_a_mail_that_cannot_be_written_is_given_up_and_told_to_the_operator(
    project: Project, ben: User
) -> None:
    mention(project, ben)
    queue_mails()
    User.objects.filter(pk=ben.pk).update(email="ben@example.org\nBcc: x@example.org")
    send_waiting()
    found = OutgoingMail.objects.get()
    assert (found.state, found.attempts) == (MailState.FAILED, 1)
    assert found.error_detail.startswith("it cannot be written")
    assert found.error_detail in waiting_mail().detail
    queue_mails()
    assert (waiting_mails(), OutgoingMail.objects.count()) == ([], 1)
    assert not Notification.objects.get().read_at


def test_a_failing_server_is_not_asked_for_ever(
    project: Project, ben: User, settings: object
) -> None:
    mention(project, ben)
    queue_mails()
    settings.EMAIL_BACKEND = f"{__name__}.RefusingBackend"  # type: ignore[attr-defined]
    for _ in range(MOST_ATTEMPTS):
        OutgoingMail.objects.update(next_try_at=timezone.now())
        send_waiting()
    found = OutgoingMail.objects.get()
    assert (found.state, found.attempts) == (MailState.FAILED, MOST_ATTEMPTS)
    OutgoingMail.objects.update(state=MailState.SENDING, lease_until=timezone.now())
    send_waiting()
    found.refresh_from_db()
    assert (found.state, found.error_detail) == (MailState.FAILED, "its senders stopped each time")


def test_a_mail_whose_sender_died_is_sent_with_the_same_message_id(
    project: Project, ben: User
) -> None:
    mention(project, ben)
    queue_mails()
    past = timezone.now() - timedelta(seconds=1)
    OutgoingMail.objects.update(state=MailState.SENDING, lease_owner="gone", lease_until=past)
    send_waiting()
    (sent,) = outbox.outbox
    assert str(OutgoingMail.objects.get().message_id) in sent.extra_headers["Message-ID"]


def test_what_is_read_off_or_closed_meanwhile_is_not_mailed(project: Project, ben: User) -> None:
    mention(project, ben, "read")
    queue_mails()
    mark_read(ben)
    send_waiting()
    mention(project, ben, "off")
    queue_mails()
    turn_mail_off(ben.pk)
    send_waiting()
    choose_mail(ben, choice=MailChoice.AT_ONCE, hour=8, time_zone="UTC")
    queue_mails()
    assert not waiting_mails()
    mention(project, ben, "left")
    queue_mails()
    ben.memberships.all().delete()
    send_waiting()
    assert outbox.outbox == []
    project.memberships.create(user=ben, role=Role.ANNOTATOR)
    queue_mails()
    send_waiting()
    (sent,) = outbox.outbox
    assert "left" in sent.body
    assert "read" not in sent.body.partition("--")[0]


def test_answers_wait_for_the_digest_and_nobody_without_an_address_is_mailed(
    project: Project, ben: User
) -> None:
    mention(project, ben)
    thread = project.threads.get()
    Notification.objects.all().delete()
    add_comment(thread, author=ben, text="Yes.")
    queue_mails()
    assert not OutgoingMail.objects.exists()
    author = project.created_by
    make_due(author, MailChoice.AT_ONCE)
    User.objects.filter(pk=author.pk).update(email="")
    queue_mails()
    assert not OutgoingMail.objects.exists()


def test_user_of_token_knows_only_its_own() -> None:
    assert user_of_token(off_token(7)) == 7
    assert user_of_token("7") is None
    assert user_of_token(off_token(7).replace("7:", "8:")) is None
