"""A whole script is corrected: what did not change keeps scenes, notes, dialogues, approvals."""

import pytest
from django.contrib.auth.models import User

from curation.domain import imports
from curation.domain.notes import save_note
from curation.domain.segmentation import ensure_agreed_layer
from curation.domain.threads import open_thread
from curation.enums import DialogueState, Role, ScriptState
from curation.models import (
    Activity,
    Boundary,
    Character,
    Dialogue,
    DialogueUtterance,
    Episode,
    Project,
    Review,
    Script,
    Thread,
    Utterance,
)
from curation.queries.dataset_sources import source_dialogue
from tests.cutting import set_boundary
from tests.factories import ProjectFactory, make_dialogue, make_member
from tests.sample_scripts import csv_bytes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]
LINES = (
    "PIP,Who moved the moon?",
    "VEX,Not me.",
    "PIP,Then who?",
    "VEX,The fridge did.",
    "ODA,Dinner!",
    "VEX,Coming...",
    "PIP,Good night.",
    "VEX,Night.",
)


@pytest.fixture
def project() -> Project:
    return ProjectFactory()


@pytest.fixture
def manager(project: Project) -> User:
    return make_member(project, Role.MANAGER)


def content(lines: tuple[str, ...] | list[str], *, indexes: list[int] | None = None) -> bytes:
    numbers = indexes or list(range(len(lines)))
    return csv_bytes([f"{n},1,1,The Moon,{line}" for n, line in zip(numbers, lines, strict=True)])


def bring_in(
    project: Project, user: User, data: bytes, *, replaces: Script | None = None
) -> Script:
    script = imports.receive_script(
        project,
        user=user,
        file_name="a.csv",
        content=[data],
        replaces=replaces,
        in_background=False,
    )
    imports.check_script(script.pk)
    script.refresh_from_db()
    assert script.state == ScriptState.CHECKED, script.error_detail
    imports.confirm_import(script, user=user, in_background=False)
    imports.import_script(script.pk)
    script.refresh_from_db()
    return script


@pytest.fixture
def first(project: Project, manager: User) -> Script:
    """Scenes at rows 0, 4 and 6; a dialogue approved in each, of rows 0-3, 4-5, 6-7."""
    script = bring_in(project, manager, content(LINES))
    Character.objects.filter(normalised_name="vex").update(is_target=True)
    episode = Episode.objects.get(script=script)
    layer = ensure_agreed_layer(episode)
    for position in (4, 6):
        layer = set_boundary(episode, position=position, revision=layer.revision, actor=manager)
    save_note(episode, position=4, title="Dinner", text="At home.", revision=0, author=manager)
    scenes = Boundary.objects.filter(segmentation=layer)
    for scene, last in zip(scenes, (3, 5, 7), strict=True):
        make_dialogue(scene, first=scene.utterance.position, last=last)
    return script


def texts(script: Script) -> list[str]:
    rows = Utterance.objects.filter(episode__script=script).order_by("position")
    return [f"{row.character},{row.text}" for row in rows.select_related("character")]


def states() -> list[str]:
    return list(Dialogue.objects.order_by("pk").values_list("state", flat=True))


def starts(script: Script) -> list[tuple[int, str]]:
    found = Boundary.objects.filter(segmentation__episode__script=script, is_active=True)
    return list(found.order_by("utterance__position").values_list("utterance__position", "title"))


def approvals_hold() -> list[bool]:
    found = []
    for dialogue in Dialogue.objects.filter(state=DialogueState.APPROVED).order_by("pk"):
        review = Review.objects.filter(dialogue=dialogue, revision=dialogue.revision).first()
        assert review is not None
        found.append(review.lines_sha256 == source_dialogue(dialogue).lines_sha256)
    return found


def test_a_correction_elsewhere_keeps_everything(
    project: Project, manager: User, first: Script
) -> None:
    lines = ["MARLOW,Listen.", *LINES]
    second = bring_in(
        project, manager, content(lines, indexes=[-1, *range(len(LINES))]), replaces=first
    )
    first.refresh_from_db()
    assert (first.state, second.state) == (ScriptState.REPLACED, ScriptState.IMPORTED)
    assert (second.revision, second.replaces) == (2, first)
    assert texts(second) == lines
    assert texts(first) == list(LINES)
    assert states() == [DialogueState.APPROVED] * 3
    assert approvals_hold() == [True] * 3
    assert starts(second) == [(0, ""), (5, "Dinner"), (7, "")]
    assert starts(first) == []
    assert second.carry_over["totals"] == {"kept": 8, "changed": 0, "removed": 0, "added": 1}
    counts = dict(Character.objects.values_list("name", "utterance_count"))
    assert counts == {"PIP": 3, "VEX": 4, "ODA": 1, "MARLOW": 1}
    for dialogue in Dialogue.objects.all():
        held = dialogue.members.values_list("utterance__episode__script", flat=True)
        assert set(held) == {second.pk}


def test_changed_punctuation_keeps_scenes_and_returns_the_dialogue(
    project: Project, manager: User, first: Script
) -> None:
    lines = [*LINES[:5], "VEX,Coming…", *LINES[6:]]
    second = bring_in(project, manager, content(lines), replaces=first)
    assert states() == [DialogueState.APPROVED, DialogueState.RETURNED, DialogueState.APPROVED]
    assert approvals_hold() == [True, True]
    assert starts(second) == [(0, ""), (4, "Dinner"), (6, "")]
    returned = Dialogue.objects.get(state=DialogueState.RETURNED)
    assert returned.revision == 2
    reason = returned.reviews.first()
    assert reason is not None
    assert reason.reason == "The corrected script: 1 of its lines changed."
    assert [one["id"] for one in second.carry_over["dialogues"]] == [returned.pk]
    assert texts(first)[5] == "VEX,Coming..."


def test_removed_lines_leave_their_dialogue_and_scene_starts_move_on(
    project: Project, manager: User, first: Script
) -> None:
    kept = [0, 1, 3, 5, 6]  # "Then who?", the start of Dinner, and the end are gone
    lines = [LINES[at] for at in kept]
    second = bring_in(project, manager, content(lines, indexes=kept), replaces=first)
    assert texts(second) == lines
    assert texts(first) == list(LINES)
    assert states() == [DialogueState.RETURNED, DialogueState.RETURNED, DialogueState.REMOVED]
    assert starts(second) == [(0, ""), (3, "Dinner"), (4, "")]
    live = DialogueUtterance.objects.filter(is_live=True).order_by("utterance__position")
    assert [(m.dialogue_id, m.utterance.position) for m in live] == [
        (Dialogue.objects.order_by("pk")[0].pk, at) for at in (0, 1, 2)
    ] + [(Dialogue.objects.order_by("pk")[1].pk, 3)]


def test_new_lines_inside_a_dialogue_are_left_out_of_it_until_somebody_looks(
    project: Project, manager: User, first: Script
) -> None:
    lines = [*LINES[:2], "ODA,Hush!", *LINES[2:]]
    second = bring_in(
        project, manager, content(lines, indexes=[0, 1, *range(3, 10)]), replaces=first
    )
    assert texts(second) == lines
    assert states() == [DialogueState.RETURNED, DialogueState.APPROVED, DialogueState.APPROVED]
    dialogue = Dialogue.objects.order_by("pk")[0]
    dropped = dialogue.members.order_by("utterance__position").values_list("is_dropped", flat=True)
    assert list(dropped) == [False, False, True, False, False]


def test_a_gone_episode_removes_its_dialogues_and_a_new_one_is_new(
    project: Project, manager: User, first: Script
) -> None:
    data = csv_bytes([f"{at},1,2,Part 2,{line}" for at, line in enumerate(LINES)])
    second = bring_in(project, manager, data, replaces=first)
    assert states() == [DialogueState.REMOVED] * 3
    assert texts(second) == texts(first)
    assert second.carry_over["totals"] == {"kept": 0, "changed": 0, "removed": 8, "added": 8}


def test_only_the_newest_revision_is_corrected_and_only_once(
    project: Project, manager: User, first: Script
) -> None:
    waiting = imports.receive_script(
        project,
        user=manager,
        file_name="b.csv",
        content=[content(LINES[:7])],
        replaces=first,
        in_background=False,
    )
    imports.check_script(waiting.pk)
    second = bring_in(project, manager, content(LINES[:6]), replaces=first)
    waiting.refresh_from_db()
    imports.confirm_import(waiting, user=manager, in_background=False)
    imports.import_script(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.state == ScriptState.FAILED
    assert "replaced by another file meanwhile" in waiting.error_detail
    assert not Utterance.objects.filter(episode__script=waiting).exists()
    first.refresh_from_db()
    with pytest.raises(imports.ImportStateError, match="replaced by a corrected file"):
        imports.receive_script(
            project, user=manager, file_name="c.csv", content=[b"x"], replaces=first
        )
    third = bring_in(project, manager, content(LINES[:5]), replaces=second)
    assert (third.revision, texts(third)) == (3, list(LINES[:5]))
    assert Activity.objects.filter(verb="script.replaced").count() == 2


def test_the_dry_run_tells_what_will_be_lost(
    project: Project, manager: User, first: Script
) -> None:
    lines = [*LINES[:5], "VEX,Coming…", *LINES[6:]]
    script = imports.receive_script(
        project,
        user=manager,
        file_name="b.csv",
        content=[content(lines)],
        replaces=first,
        in_background=False,
    )
    imports.check_script(script.pk)
    script.refresh_from_db()
    assert script.carry_over["totals"] == {"kept": 7, "changed": 1, "removed": 0, "added": 0}
    assert script.carry_over["dialogue_total"] == 1
    assert states() == [DialogueState.APPROVED] * 3


def test_threads_follow_their_lines_and_keep_the_words_of_those_that_changed_or_went(
    project: Project, manager: User
) -> None:
    script = bring_in(project, manager, content(LINES))
    lines = list(Utterance.objects.filter(episode__script=script).order_by("position"))
    threads = [open_thread(project, on=lines[at], author=manager, text="Why?") for at in (1, 2, 7)]
    corrected = [LINES[0], LINES[1], "PIP,But who?", *LINES[3:7]]
    bring_in(project, manager, content(corrected), replaces=script)
    kept, changed, gone = (
        Thread.objects.select_related("utterance", "episode__script").get(pk=one.pk)
        for one in threads
    )
    assert (kept.place, kept.changed_quote) == ("Line 2", "")
    assert (changed.place, changed.changed_quote) == ("Line 3", "Then who?")
    assert (gone.place, gone.changed_quote) == ("A line that is gone", "Night.")
    states = {one.episode.script.state for one in (kept, changed, gone) if one.episode}
    assert states == {ScriptState.IMPORTED}
