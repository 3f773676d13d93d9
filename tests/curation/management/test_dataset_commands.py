import hashlib
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from curation.models import Project
from tests.factories import MembershipFactory, UserFactory, make_approved_dialogues

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    project = make_approved_dialogues(12)
    MembershipFactory(project=project, user=project.created_by, role="manager")
    UserFactory(username="admin", is_staff=True, is_superuser=True)
    return project


def answer(*args: str) -> dict[str, Any]:
    out = StringIO()
    call_command(*args, "--json", stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def test_dataset_commands_build_approve_and_export_the_same_bytes(
    project: Project, tmp_path: Path
) -> None:
    built = answer("build_dataset", "--project", project.slug, "--seed", "3")
    assert (built["train_count"], built["validation_count"]) == (11, 1)
    approved = answer("approve_dataset", str(built["id"]), "--as", "admin")
    assert approved["state"] == "approved"
    exported = answer("export_dataset", str(built["id"]), "--out", str(tmp_path))
    for name, facts in exported["files"].items():
        content = (tmp_path / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == facts["sha256"]
    assert exported["files"]["manifest.json"]["sha256"] == built["sha256"]


def test_approve_dataset_refuses_the_builder_with_exit_code_one(project: Project) -> None:
    built = answer("build_dataset", "--project", project.slug)
    with pytest.raises(CommandError, match="of their own") as caught:
        call_command("approve_dataset", str(built["id"]), "--as", project.created_by.username)
    assert caught.value.returncode == 1


def test_export_dataset_refuses_before_approval(project: Project, tmp_path: Path) -> None:
    built = answer("build_dataset", "--project", project.slug)
    with pytest.raises(CommandError, match="only approved versions"):
        call_command("export_dataset", str(built["id"]), "--out", str(tmp_path))


def test_build_dataset_names_the_projects_there_are(project: Project) -> None:
    with pytest.raises(CommandError, match=project.slug):
        call_command("build_dataset", "--project", "nowhere")


def test_build_dataset_refuses_a_person_without_the_role(project: Project) -> None:
    UserFactory(username="guest")
    with pytest.raises(CommandError, match="needs the role manager"):
        call_command("build_dataset", "--project", project.slug, "--as", "guest")
