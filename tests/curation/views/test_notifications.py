"""The pages of notifications: the bell, the list, the way to a place, e-mail on and off."""

from http import HTTPStatus

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from curation.domain.mail_words import off_token
from curation.domain.threads import open_thread
from curation.enums import MailChoice, Role
from curation.models import MailSetting, Notification, Project
from tests.factories import make_approved_dialogues, make_member

pytestmark = pytest.mark.django_db
LIST = "/notifications/"


@pytest.fixture
def project() -> Project:
    return make_approved_dialogues(1)


@pytest.fixture
def ben(project: Project, client: Client) -> User:
    person = make_member(project, Role.ANNOTATOR)
    client.force_login(person)
    return person


def mention(project: Project, person: User, text: str = "look") -> Notification:
    dialogue = project.dialogues.first()
    assert dialogue
    words = f"@{person.username} {text}"
    open_thread(project, on=dialogue, author=project.created_by, text=words)
    return Notification.objects.latest("pk")


def test_the_bell_counts_and_the_list_leads_to_the_place_and_is_read_by_that(
    project: Project, ben: User, client: Client
) -> None:
    told = mention(project, ben, "<i>here</i>")
    assert "Notifications, 1 unread" in client.get(reverse("home")).content.decode()
    assert "Notifications, 1 unread" in client.get(reverse("health")).content.decode()
    content = client.get(LIST).content.decode()
    assert "&lt;i&gt;here&lt;/i&gt;" in content
    place = client.get(reverse("notification", args=[told.pk]), follow=True)
    assert f'<b class="mention">@{ben.username}</b> &lt;i&gt;' in place.content.decode()
    assert "unread" not in client.get(reverse("home")).content.decode()
    assert "Nothing to tell" in client.get(LIST, {"unread": "1"}).content.decode()


def test_notifications_are_marked_one_by_one_or_all_and_nobody_elses(
    project: Project, ben: User, client: Client
) -> None:
    first, second = mention(project, ben), mention(project, ben)
    third = mention(project, make_member(project, Role.ANNOTATOR))
    read = reverse("notifications_read")
    client.post(read, {"one": third.pk})
    client.post(read, {"one": first.pk})
    unread = Notification.objects.filter(read_at=None)
    assert set(unread) == {second, third}
    client.post(read)
    assert set(unread.all()) == {third}
    other = client.get(reverse("notification", args=[third.pk]))
    assert other.status_code == HTTPStatus.NOT_FOUND


def test_the_list_needs_as_many_queries_for_many_as_for_one(
    project: Project, ben: User, client: Client
) -> None:
    mention(project, ben)
    with CaptureQueriesContext(connection) as one:
        client.get(LIST)
    for other in (make_approved_dialogues(1), project):
        make = other.memberships.get_or_create
        make(user=ben, role=Role.ANNOTATOR)
        mention(other, ben)
    with CaptureQueriesContext(connection) as three:
        client.get(LIST)
    assert len(three) == len(one)


def test_mail_is_chosen_and_stopped_without_logging_in(
    project: Project, ben: User, client: Client
) -> None:
    page = reverse("notification_settings")
    wanted = {"choice": "digest", "hour": "7", "time_zone": "Europe/Berlin"}
    assert "Saved" in client.post(page, wanted, follow=True).content.decode()
    setting = MailSetting.objects.get(user=ben)
    assert (setting.choice, setting.hour) == (MailChoice.DIGEST, 7)
    refused = client.post(page, wanted | {"time_zone": "Moon/Base"})
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    nobody = Client(enforce_csrf_checks=True)
    link = reverse("mail_off", args=[off_token(ben.pk)])
    assert "Stop these mails?" in nobody.get(link).content.decode()
    setting.refresh_from_db()
    assert setting.choice == MailChoice.DIGEST
    pressed = nobody.post(link, {"List-Unsubscribe": "One-Click"})
    assert "No more mails" in pressed.content.decode()
    setting.refresh_from_db()
    assert setting.choice == MailChoice.OFF
    assert nobody.post(f"{link[:-2]}/").status_code == HTTPStatus.NOT_FOUND
