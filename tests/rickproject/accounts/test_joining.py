from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.utils import timezone
from pydantic import SecretStr

from curation.domain.invitations import invite_person
from curation.domain.sealed_mail import send_sealed_mail
from curation.enums import Role
from curation.models import Activity, Invitation, Membership, Project, SealedMail
from rickproject.config import get_config
from tests.factories import ProjectFactory, make_member
from tests.rickproject.accounts.ways import PASSWORD, link_in, log_in, person

pytestmark = pytest.mark.django_db
ACCOUNT = {"username": "newcomer", "first_name": "New", "password1": PASSWORD}


@pytest.fixture
def project() -> Project:
    return ProjectFactory(name="The Vex Files")


def invite(project: Project, email: str = "new@example.org", *, is_mailed: bool = False) -> str:
    """Invite an address and return its link."""
    _, token = invite_person(
        project,
        email=email,
        role=Role.REVIEWER,
        actor=project.created_by,
        is_mailed=is_mailed,
    )
    return f"/accounts/join/{token}/"


def open_link(client: Client, link: str) -> str:
    """Open a link and return the page it ends on."""
    assert client.get(link).headers["Location"] == "/accounts/join/"
    return client.get("/accounts/join/").content.decode()


def roles_of(name: str) -> list[str]:
    rows = Membership.objects.filter(user__username=name)
    return list(rows.values_list("role", flat=True))


def test_invited_person_makes_an_account_and_is_in_the_project(
    client: Client, project: Project
) -> None:
    page = open_link(client, invite(project, is_mailed=True))
    assert "The Vex Files" in page
    form = ACCOUNT | {"email": "somebody.else@example.org"}
    made = client.post("/accounts/signup/", form)
    assert made.headers["Location"] == f"/p/{project.slug}/"
    user = User.objects.get(username="newcomer")
    assert (user.email, user.first_name) == ("new@example.org", "New")
    assert user.emailaddress_set.get().verified
    assert roles_of("newcomer") == ["reviewer"]
    assert Activity.objects.filter(verb="member.joined", actor=user).exists()


def test_link_passed_on_by_hand_proves_no_address(client: Client, project: Project) -> None:
    open_link(client, invite(project))
    client.post("/accounts/signup/", ACCOUNT)
    assert not User.objects.get(username="newcomer").emailaddress_set.get().verified
    assert mail.outbox[-1].to == ["new@example.org"], "it is asked to confirm"


def test_nobody_makes_an_account_without_an_invitation(client: Client) -> None:
    for response in (client.get("/accounts/signup/"), client.post("/accounts/signup/", ACCOUNT)):
        assert "By invitation" in response.content.decode()
    assert not User.objects.filter(username="newcomer").exists()


def test_person_with_an_account_just_joins(client: Client, project: Project) -> None:
    person("pip", email="Pip@example.org")
    page = open_link(client, invite(project, "pip@example.org"))
    assert "Log in to join" in page
    log_in(client, "pip", QUERY_STRING="next=/accounts/join/")
    assert "Join as pip" in client.get("/accounts/join/").content.decode()
    assert client.post("/accounts/join/").headers["Location"] == f"/p/{project.slug}/"
    assert roles_of("pip") == ["reviewer"]


def test_invitation_works_once(client: Client, project: Project) -> None:
    link = invite(project)
    open_link(client, link)
    late = Client()
    open_link(late, link)
    client.post("/accounts/signup/", ACCOUNT)
    second = late.post("/accounts/signup/", ACCOUNT | {"username": "thief"})
    assert "By invitation" in second.content.decode()
    assert Client().get(link, follow=True).status_code == 410
    assert not User.objects.filter(username="thief").exists()


@pytest.mark.parametrize("field", ["expires_at", "revoked_at"])
def test_invitation_that_is_too_old_or_taken_back_opens_nothing(
    client: Client, project: Project, field: str
) -> None:
    link = invite(project)
    open_link(client, link)
    Invitation.objects.update(**{field: timezone.now() - timedelta(seconds=1)})
    assert client.get("/accounts/join/").status_code == 410
    assert "By invitation" in client.post("/accounts/signup/", ACCOUNT).content.decode()
    assert not User.objects.filter(username="newcomer").exists()


def test_invitation_of_anothers_address_is_refused(client: Client, project: Project) -> None:
    person("pip", email="pip@example.org")
    log_in(client, "pip")
    page = open_link(client, invite(project))
    assert "not your address" in page
    assert client.post("/accounts/join/").status_code == 409
    assert roles_of("pip") == []


def test_manager_invites_by_mail_and_only_a_hash_is_kept(
    client: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_config(), "email_url", SecretStr("smtp://mail.example.org"))
    client.force_login(make_member(project, Role.MANAGER))
    form = {"email": "New@example.org", "role": "tester"}
    address = f"/p/{project.slug}/members/invite/"
    assert client.post(address, form).status_code == 302
    waiting = SealedMail.objects.get()
    assert "/accounts/join/" not in str(waiting.__dict__)
    send_sealed_mail(waiting.pk)
    link = link_in(str(mail.outbox[0].body))
    assert mail.outbox[0].to == ["new@example.org"]
    token = link.split("/")[-2]
    assert len(token) >= 43
    kept = Invitation.objects.get()
    assert token not in str(kept.__dict__)
    assert token not in client.get(f"/p/{project.slug}/members/").content.decode()
    assert "The Vex Files" in open_link(Client(), link)
    client.post(f"/p/{project.slug}/members/invitations/{kept.pk}/revoke/")
    assert Client().get(link, follow=True).status_code == 410


def test_manager_is_shown_the_link_once_where_no_mail_is_sent(
    client: Client, project: Project
) -> None:
    client.force_login(make_member(project, Role.MANAGER))
    address = f"/p/{project.slug}/members/invite/"
    page = client.post(address, {"email": "new@example.org", "role": "tester"})
    link = link_in(page.content.decode().split('value="http')[1].join(["http", ""])).rstrip('"')
    assert "The Vex Files" in open_link(Client(), link.split('"')[0])
    assert "/accounts/join/" not in client.get(f"/p/{project.slug}/members/").content.decode()
    again = client.post(address, {"email": "new@example.org", "role": "tester"})
    assert again.status_code == 200
    assert Invitation.objects.filter(revoked_at=None).count() == 1, "the older one is taken back"


@pytest.mark.parametrize("role", ["annotator", "reviewer", "tester"])
def test_only_managers_invite(client: Client, project: Project, role: str) -> None:
    client.force_login(make_member(project, Role(role)))
    form = {"email": "new@example.org", "role": "manager"}
    assert client.post(f"/p/{project.slug}/members/invite/", form).status_code == 403
    assert not Invitation.objects.exists()


def test_invitations_page_asks_as_much_for_three_as_for_one(
    client: Client, project: Project, django_assert_num_queries: object
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.force_login(make_member(project, Role.MANAGER))
    counts = []
    for number in (1, 2, 3):
        invite(project, f"new{number}@example.org")
        with CaptureQueriesContext(connection) as asked:
            client.get(f"/p/{project.slug}/members/")
        counts.append(len(asked))
    assert counts[0] == counts[2]
