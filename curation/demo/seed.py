"""Seed the demo project through the functions that the pages call.

Each step is one transaction and looks first whether it was done, so that a seed that was killed
is finished by the next one, and a finished one is left alone, whatever people made of it since.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction

from curation.demo import plan
from curation.demo.clock import spread_times
from curation.demo.datasets import approve_and_export, build_version
from curation.demo.dialogues import make_dialogues
from curation.demo.guidelines import write_guidelines
from curation.demo.people import MAIL_DOMAIN, ensure_memberships, ensure_people, hand_out_passwords
from curation.demo.scenes import cut_blind, cut_episode, cut_half
from curation.demo.talk import talk
from curation.domain import imports
from curation.domain.activity import record_activity
from curation.domain.assigning import assign_place
from curation.domain.characters import mark_target
from curation.domain.invitations import invite_person
from curation.domain.projects import create_project
from curation.enums import AssignmentOrigin, Role, ScriptState, SegmentationMode
from curation.errors import CurationError
from curation.models import Activity, Character, Episode, Project, Script, Segmentation
from curation.queries.scenes import imported_episodes

SEEDED = "project.demo_seeded"


class SeedError(CurationError):
    """The demo cannot be made here."""

    code = "seed"


@dataclass(frozen=True)
class _Cast:
    """The demo's project, its people by name, and whom the model is to become."""

    project: Project
    people: dict[str, User]
    target: Character


def seed_demo(*, tell: Callable[[str], None] = lambda _line: None) -> bool:
    """Make the demo project and its people, or finish what an earlier seed began.

    Args:
        tell: is given a line for each step as it begins.

    Returns:
        False when the demo was complete already; nothing is written then.

    Raises:
        SeedError: the project's short name is taken by another project.
    """
    if is_seeded():
        return hand_out_passwords()
    people = ensure_people()
    project = _ensure_project(people)
    ensure_memberships(project, people)
    _invite_somebody(project, people["mina"])
    tell("Importing the script")
    _import_script(project, people["mina"])
    write_guidelines(project, manager=people["mina"])
    target = Character.objects.get(project=project, name=plan.TARGET)
    cast = _Cast(project, people, target)
    episodes = {episode.code: episode for episode in imported_episodes(project)}
    for one in plan.FIRST_EPISODES:
        tell(f"Cutting and reviewing {episodes[one.code]}")
        _work_on(cast, episodes[one.code], one)
    tell("Building, approving and exporting the first dataset version")
    _make_approved_version(cast)
    for one in plan.LATER_EPISODES:
        tell(f"Cutting and reviewing {episodes[one.code]}")
        _work_on(cast, episodes[one.code], one)
    _leave_half_cut(cast, episodes[plan.HALF_CUT])
    _cut_blind(cast, episodes[plan.BLIND_CUT])
    _give_out(cast, episodes)
    tell("Building the second dataset version")
    _make_waiting_version(cast)
    talk(
        project,
        people,
        half_cut=episodes[plan.HALF_CUT],
        reviewed=episodes[plan.LATER_EPISODES[-1].code],
    )
    _finish(cast)
    return hand_out_passwords()


def is_seeded() -> bool:
    """Whether the demo was made completely, some day."""
    return Activity.objects.filter(project__slug=plan.SLUG, verb=SEEDED).exists()


@transaction.atomic
def _ensure_project(people: dict[str, User]) -> Project:
    manager = people["mina"]
    if found := Project.objects.filter(slug=plan.SLUG).first():
        if found.created_by_id != manager.pk:
            msg = (
                f"There is a project {plan.SLUG} already that is not the demo. "
                "Give it another short name, then seed again."
            )
            raise SeedError(msg)
        return found
    project = create_project(plan.SLUG, user=manager, name=plan.NAME)
    project.description = plan.DESCRIPTION
    project.segmentation_mode = SegmentationMode.BLIND
    project.annotators_per_episode = len(plan.BLIND_ANNOTATORS)
    project.dialogue_goal = plan.DIALOGUE_GOAL
    project.rereview_percent = plan.REREVIEW_PERCENT
    project.save()
    return project


@transaction.atomic
def _import_script(project: Project, manager: User) -> None:
    if Script.objects.filter(project=project, state=ScriptState.IMPORTED).exists():
        return
    with plan.SCRIPT_FILE.open("rb") as handle:
        script = imports.receive_script(
            project,
            user=manager,
            file_name=plan.SCRIPT_FILE.name,
            content=handle,
            title=plan.NAME,
            in_background=False,
        )
    imports.check_script(script.pk)
    imports.confirm_import(script, user=manager, in_background=False)
    imports.import_script(script.pk)
    target = Character.objects.get(project=project, name=plan.TARGET)
    mark_target(target, user=manager, is_target=True)


@transaction.atomic
def _work_on(cast: _Cast, episode: Episode, one: plan.EpisodePlan) -> None:
    if _is_begun(episode):
        return
    annotator, reviewer = cast.people[one.annotator], cast.people[one.reviewer]
    cut_episode(
        episode,
        plan.gold_scenes()[one.code],
        annotator=annotator,
        is_drafted=one.code == plan.DRAFTED,
    )
    make_dialogues(episode, one, target=cast.target, annotator=annotator, reviewer=reviewer)


@transaction.atomic
def _leave_half_cut(cast: _Cast, episode: Episode) -> None:
    if not _is_begun(episode):
        cut_half(episode, plan.gold_scenes()[episode.code], annotator=cast.people["ben"])


@transaction.atomic
def _cut_blind(cast: _Cast, episode: Episode) -> None:
    if not episode.segmentations.exists():
        annotators = [cast.people[name] for name in plan.BLIND_ANNOTATORS]
        cut_blind(episode, plan.gold_scenes()[episode.code], annotators=annotators)


def _is_begun(episode: Episode) -> bool:
    return Segmentation.objects.filter(episode=episode, annotator=None, revision__gt=0).exists()


@transaction.atomic
def _make_approved_version(cast: _Cast) -> None:
    if not cast.project.datasets.exists():
        manager, admin = cast.people["mina"], cast.people["admin"]
        dataset = build_version(cast.target, manager=manager, seed=1)
        approve_and_export(dataset, manager=manager, admin=admin)


@transaction.atomic
def _make_waiting_version(cast: _Cast) -> None:
    if cast.project.datasets.count() < 2:
        build_version(cast.target, manager=cast.people["mina"], seed=1)


@transaction.atomic
def _give_out(cast: _Cast, episodes: dict[str, Episode]) -> None:
    """Have the manager say who goes on where."""
    if cast.project.assignments.filter(origin=AssignmentOrigin.MANUAL).exists():
        return
    for code, kind, name in plan.GIVEN_OUT:
        person, mina = cast.people[name], cast.people["mina"]
        assign_place(episodes[code], person=person, kind=kind, actor=mina)


@transaction.atomic
def _invite_somebody(project: Project, manager: User) -> None:
    """Show an open invitation; its link is thrown away, so nobody ever uses it."""
    if not project.invitations.exists():
        email = f"kit@{MAIL_DOMAIN}"
        invite_person(project, email=email, role=Role.ANNOTATOR, actor=manager, is_mailed=False)


@transaction.atomic
def _finish(cast: _Cast) -> None:
    """Date the work, and leave the mark by which a finished seed is known."""
    spread_times(cast.project)
    record_activity(SEEDED, project=cast.project, actor=None, target=cast.project)
