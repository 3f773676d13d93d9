"""E-mail in the admin: what was given up and why, for admins alone, never what it says."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from curation.enums import MailState, Role
from curation.models import OutgoingMail, SealedMail
from tests.factories import ProjectFactory, make_member

pytestmark = pytest.mark.django_db
LISTS = {
    "/admin/curation/outgoingmail/": "?state__exact=failed",
    "/admin/curation/sealedmail/": "?given_up=yes",
}


@pytest.fixture
def tess() -> User:
    return make_member(ProjectFactory(), Role.TESTER)


@pytest.fixture(autouse=True)
def mails(tess: User) -> None:
    lost = {"state": MailState.FAILED, "error_detail": "no such box"}
    OutgoingMail.objects.create(user=tess, is_digest=True, **lost)
    OutgoingMail.objects.create(user=tess, is_digest=True, error_detail="busy today")
    now = timezone.now()
    SealedMail.objects.create(next_try_at=now, failed_at=now, error="no such box")
    SealedMail.objects.create(next_try_at=now, error="busy today", sealed="seal-of-a-link")


@pytest.mark.parametrize("address", LISTS)
def test_admins_see_what_was_given_up_and_why(address: str, admin_client: Client) -> None:
    everything = admin_client.get(address).content.decode()
    assert "no such box" in everything
    assert "busy today" in everything
    lost = admin_client.get(address + LISTS[address]).content.decode()
    assert "no such box" in lost
    assert "busy today" not in lost


def test_what_a_sealed_mail_holds_is_not_shown(admin_client: Client) -> None:
    mail = SealedMail.objects.get(failed_at=None)
    page = admin_client.get(f"/admin/curation/sealedmail/{mail.pk}/change/")
    assert page.status_code == 200
    assert "seal-of-a-link" not in page.content.decode()


@pytest.mark.parametrize("address", LISTS)
def test_nobody_writes_them_and_others_do_not_see_them(
    address: str, admin_client: Client, client: Client, tess: User
) -> None:
    assert admin_client.get(f"{address}add/").status_code == 403
    assert admin_client.post(f"{address}1/delete/").status_code == 403
    User.objects.filter(pk=tess.pk).update(is_staff=True)
    client.force_login(tess)
    assert client.get(address).status_code == 403
