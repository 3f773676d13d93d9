"""Pairs from what reviewers fixed, in the format that the trainer reads."""

import json
from pathlib import Path

import pytest

from curation.domain.dataset_build import build_dataset
from curation.domain.datasets import request_dataset
from curation.domain.exports import write_files
from curation.domain.review_fixes import fix_and_approve
from curation.domain.review_undo import undo_decision
from curation.domain.training_records import Recipe
from curation.enums import DatasetState, DialogueState, ExportFormat, Role
from curation.models import Character, DatasetVersion, Dialogue, Project
from tests.factories import make_approved_dialogues, make_dialogue, make_member, make_scene
from training.trainer.preferences import read_preferences

pytestmark = pytest.mark.django_db
LINES = "PIP: Who is there?\nVEX: Nobody, i think.\nPIP: Really?\nVEX: Realy."


def submitted(project: Project, number: int) -> Dialogue:
    scene = make_scene(LINES, project=project, episode_number=number)
    return make_dialogue(scene, state=DialogueState.SUBMITTED)


def fix(dialogue: Dialogue, *, drop: bool = False) -> Dialogue:
    rows = list(dialogue.members.order_by("utterance__position"))
    return fix_and_approve(
        dialogue,
        reviewer=make_member(dialogue.project, Role.REVIEWER),
        revision=dialogue.revision,
        texts={rows[1].utterance_id: "Nobody, I think.", rows[3].utterance_id: "Really."},
        dropped=[rows[2].utterance_id] if drop else [],
    )


def pairs(project: Project, folder: Path) -> list[dict[str, object]]:
    target = Character.objects.get(project=project, is_target=True)
    dataset = request_dataset(
        project, actor=project.created_by, target=target, recipe=Recipe(), validation_share=0
    )
    build_dataset(dataset)
    DatasetVersion.objects.filter(pk=dataset.pk).update(state=DatasetState.APPROVED)
    dataset.refresh_from_db()
    write_files(dataset, folder, file_format=ExportFormat.PREFERENCES)
    path = folder / "train.preferences.jsonl"
    assert len(read_preferences(path)) == len(path.read_text().splitlines())
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_each_fixed_reply_gives_a_pair_with_what_leads_to_it(tmp_path: Path) -> None:
    project = make_approved_dialogues(2)
    fix(submitted(project, 9))
    first, second = pairs(project, tmp_path)
    assert first["input"] == {
        "messages": [
            {"role": "system", "content": "You are VEX."},
            {"role": "user", "content": "PIP: Who is there?"},
        ]
    }
    assert first["preferred_output"] == [{"role": "assistant", "content": "Nobody, I think."}]
    assert first["non_preferred_output"] == [{"role": "assistant", "content": "Nobody, i think."}]
    assert [m["content"] for m in second["input"]["messages"]][2:] == [  # type: ignore[index]
        "Nobody, I think.",
        "PIP: Really?",
    ]
    assert second["non_preferred_output"] == [{"role": "assistant", "content": "Realy."}]


def test_fixes_that_change_the_lines_or_were_taken_back_give_none(tmp_path: Path) -> None:
    project = make_approved_dialogues(2)
    fix(submitted(project, 8), drop=True)
    taken = fix(submitted(project, 9))
    review = taken.reviews.latest("pk")
    undo_decision(taken, reviewer=review.reviewer)
    taken.refresh_from_db()
    fix_and_approve(
        taken,
        reviewer=review.reviewer,
        revision=taken.revision,
        texts={},
        dropped=[],
    )
    assert pairs(project, tmp_path) == []
