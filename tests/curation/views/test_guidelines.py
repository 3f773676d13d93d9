"""Guidelines' pages: read, write, conflict, notice, panel."""

from http import HTTPStatus

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from curation.domain.guidelines import save_guidelines
from curation.enums import Role
from curation.models import Project
from tests.factories import ProjectFactory, make_member

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def project() -> Project:
    project: Project = ProjectFactory()
    save_guidelines(project, text="# One\n\n<b>x</b>", seen=0, author=project.created_by)
    return project


def test_guidelines_tell_who_has_not_read_them_until_they_say_so(project: Project) -> None:
    client = signed_in(make_member(project, Role.ANNOTATOR))
    panel = reverse("guidelines_panel", args=[project.slug])
    assert "not read yet" in client.get(panel).content.decode()
    client.post(reverse("guidelines_read", args=[project.slug]), {"seen": 1})
    assert "not read yet" not in client.get(panel).content.decode()
    save_guidelines(project, text="# Two", seen=1, author=project.created_by)
    content = client.get(panel).content.decode()
    assert "changed since you last read" in content
    assert "?old=1&amp;new=2" in content


def test_guidelines_page_shows_markup_as_text_and_an_earlier_revision(project: Project) -> None:
    save_guidelines(project, text="# Two", seen=1, author=project.created_by)
    client = signed_in(make_member(project, Role.ANNOTATOR))
    content = client.get(reverse("guidelines", args=[project.slug]), {"revision": "1"}).content
    assert b"&lt;b&gt;x&lt;/b&gt;" in content
    assert b"revision 2 is in force" in content
    for wrong in ("9", "x", "9" * 30):
        answer = client.get(reverse("guidelines", args=[project.slug]), {"revision": wrong})
        assert answer.status_code == HTTPStatus.NOT_FOUND


def test_guidelines_edit_saves_previews_and_keeps_the_text_on_conflict(project: Project) -> None:
    client = signed_in(make_member(project, Role.MANAGER))
    address = reverse("guidelines_edit", args=[project.slug])
    shown = client.post(address, {"text": "# Mine", "seen": 1, "preview": "yes"})
    assert "<h2>Mine</h2>" in shown.content.decode()
    assert project.guidelines.count() == 1
    saved = client.post(address, {"text": "# Mine\r\nx", "seen": 1, "summary": "Mine"})
    assert saved.status_code == HTTPStatus.FOUND
    assert project.guidelines.get(number=2).text == "# Mine\nx"
    stale = client.post(address, {"text": "# Later", "seen": 1})
    assert stale.status_code == HTTPStatus.CONFLICT
    assert "# Later" in stale.content.decode()
    assert project.guidelines.count() == 2


def test_guidelines_restore_brings_a_revision_back(project: Project) -> None:
    save_guidelines(project, text="# Two", seen=1, author=project.created_by)
    client = signed_in(make_member(project, Role.MANAGER))
    client.post(reverse("guidelines_restore", args=[project.slug, 1]), {"seen": 2})
    assert project.guidelines.get(number=3).text.startswith("# One")
    client.post(reverse("guidelines_restore", args=[project.slug, 1]), {"seen": 2})
    assert project.guidelines.count() == 3


def test_guidelines_compare_shows_lines_as_text(project: Project) -> None:
    save_guidelines(project, text="# Two\n<i>y</i>", seen=1, author=project.created_by)
    client = signed_in(make_member(project, Role.REVIEWER))
    content = client.get(reverse("guidelines_compare", args=[project.slug])).content.decode()
    assert "<ins>&lt;i&gt;y&lt;/i&gt;</ins>" in content
    assert "<del># One</del>" in content


@pytest.mark.parametrize("number", [1, 3])
def test_guidelines_cost_the_same_for_one_revision_and_three(
    project: Project, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for seen in range(1, number):
        save_guidelines(project, text=f"# {seen}", seen=seen, author=project.created_by)
    client = signed_in(make_member(project, Role.ANNOTATOR))
    address = reverse("guidelines", args=[project.slug])
    client.get(address)
    with django_assert_num_queries(14):
        client.get(address)
