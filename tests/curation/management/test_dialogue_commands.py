import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from curation.enums import DialogueState, Role
from curation.models import Dialogue
from tests.curation.domain.dialogue_world import World
from tests.curation.domain.test_proposals import TALK
from tests.factories import make_member

pytestmark = pytest.mark.django_db


def verb(name: str, *arguments: str) -> dict[str, object]:
    out = StringIO()
    call_command(name, *arguments, "--json", stdout=out)
    answer: dict[str, object] = json.loads(out.getvalue())
    return answer


def propose(world: World, *more: str) -> dict[str, object]:
    return verb(
        "propose_dialogues", "--project", world.project.slug, "--target", "vex",
        "--budget", "400", "--as", world.writer.username, *more,
    )  # fmt: skip


def approve(world: World, username: str) -> dict[str, object]:
    return verb("approve_dialogues", "--project", world.project.slug, "--as", username)


def test_propose_dialogues_only_tells_without_accept() -> None:
    world = World(TALK)
    answer = propose(world)
    assert answer["proposed"] == 1
    assert not Dialogue.objects.exists()


def test_propose_dialogues_makes_and_submits_with_accept() -> None:
    world = World(TALK)
    answer = propose(world, "--accept")
    dialogue = Dialogue.objects.get()
    assert dialogue.state == DialogueState.SUBMITTED
    assert (dialogue.created_by, dialogue.submitted_by) == (world.writer, world.writer)
    assert answer["submitted"] == 1
    assert answer["uncovered"] == {}
    assert propose(world, "--accept")["proposed"] == 0


def test_approve_dialogues_approves_the_work_of_others_only() -> None:
    world = World(TALK)
    propose(world, "--accept")
    manager = make_member(world.project, Role.MANAGER, Role.ANNOTATOR)
    answer = approve(world, manager.username)
    assert (answer["approved"], answer["refused"]) == (1, [])
    assert approve(world, manager.username)["approved"] == 0


def test_approve_dialogues_tells_own_work_and_exits_with_one() -> None:
    world = World(TALK)
    maker = make_member(world.project, Role.REVIEWER)
    verb(
        "propose_dialogues", "--project", world.project.slug, "--target", "VEX",
        "--as", maker.username, "--accept",
    )  # fmt: skip
    out = StringIO()
    with pytest.raises(SystemExit) as stop:
        call_command(
            "approve_dialogues", "--project", world.project.slug, "--as", maker.username,
            stdout=out,
        )  # fmt: skip
    assert stop.value.code == 1
    assert "You had a hand in dialogue" in out.getvalue()
    assert Dialogue.objects.get().state == DialogueState.SUBMITTED


def test_the_commands_refuse_people_without_the_role_and_unknown_names() -> None:
    world = World(TALK)
    tester = make_member(world.project, Role.TESTER)
    slug = world.project.slug
    for arguments, words in (
        (["propose_dialogues", "--target", "VEX", "--as", tester.username], "needs the role"),
        (["propose_dialogues", "--target", "NOBODY"], "Those with most lines"),
        (["approve_dialogues", "--as", world.writer.username], "needs the role"),
        (["approve_dialogues", "--as", "nobody"], "no active user"),
    ):
        name, *rest = arguments
        if name == "propose_dialogues" and "--as" not in rest:
            rest += ["--as", world.writer.username]
        with pytest.raises(CommandError, match=words):
            call_command(name, "--project", slug, *rest)
