"""``manage.py suggest_scenes``."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from curation.enums import Role
from curation.models import Boundary
from tests.factories import make_member, make_scene

pytestmark = pytest.mark.django_db

LINES = "\n".join(f"{name}: Words." for name in "RMRMRMBJBJBJRMRM")


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("suggest_scenes", *arguments, stdout=out)
    return out.getvalue()


def test_suggest_scenes_accepts_and_answers_in_json() -> None:
    project = make_scene(LINES, target="R").segmentation.episode.script.project
    person = make_member(project, Role.ANNOTATOR)
    answer = json.loads(
        run(
            "--project",
            project.slug,
            "--scenes",
            "3",
            "--accept",
            "--json",
            "--as",
            person.username,
        )
    )
    assert answer["accepted"] == 2
    assert answer["episodes"][0]["scenes"] == 3
    assert Boundary.objects.filter(is_active=True).count() == 3


def test_suggest_scenes_only_suggests_without_accept() -> None:
    project = make_scene(LINES, target="R").segmentation.episode.script.project
    person = make_member(project, Role.ANNOTATOR)
    words = run("--project", project.slug, "--scenes", "3", "--as", person.username)
    assert "2 scene starts suggested in 1 episode, none accepted yet" in words
    assert Boundary.objects.filter(is_active=True).count() == 1


def test_suggest_scenes_refuses_people_without_the_role_and_unknown_names() -> None:
    project = make_scene(LINES, target="R").segmentation.episode.script.project
    tester = make_member(project, Role.TESTER)
    with pytest.raises(CommandError, match="needs the role"):
        run("--project", project.slug, "--as", tester.username)
    with pytest.raises(CommandError, match="no project"):
        run("--project", "nowhere")
