import json
from dataclasses import replace

import pytest

from curation.domain.dialogue_creation import create_dialogue
from curation.domain.dialogue_edits import read_members
from curation.domain.dialogue_preview import RecordView, preview_record, recipe_in_use
from curation.domain.dialogue_shape import fresh_members
from curation.domain.dialogues import drop_utterances, set_training_text
from curation.domain.training_records import Recipe
from curation.models import Character, DatasetVersion, Dialogue
from rickproject.lib.tokens import count_tokens
from tests.curation.domain.dialogue_world import World
from tests.factories import make_scene

pytestmark = pytest.mark.django_db


def look(world: World, dialogue: Dialogue, budget: int = 512, **recipe: object):  # type: ignore[no-untyped-def]
    return preview_record(
        read_members(dialogue),
        scene=dialogue.scene,
        target=world.target,
        view=RecordView(replace(Recipe(), **recipe), budget),  # type: ignore[arg-type]
        dialogue=dialogue,
    )


def codes(preview) -> list[str]:  # type: ignore[no-untyped-def]
    return [problem.code for problem in preview.warnings]


def test_preview_record_is_the_record_message_by_message() -> None:
    world = World()
    world.scene.note = "A kitchen."
    world.scene.save()
    dialogue = world.dialogue(0, 3)
    preview = look(world, dialogue)
    assert [dict(message) for message in preview.messages] == [
        {"role": "system", "content": "You are VEX.\nScene: A kitchen."},
        {"role": "user", "content": "PIP: Who moved the moon?"},
        {"role": "assistant", "content": "I did. It was in the way."},
        {"role": "user", "content": "MARLOW: In the way of what?"},
        {"role": "assistant", "content": "Of the better moon."},
    ]
    counted = count_tokens(preview.messages)
    assert (preview.total, list(preview.tokens)) == (counted.total, counted.per_message)
    assert json.loads(preview.text) == {"messages": list(preview.messages)}
    assert (preview.rows, preview.warnings) == ((1, 4), ())


def test_preview_record_of_rows_that_are_no_dialogue_is_a_sentence() -> None:
    world = World()
    preview = preview_record(
        fresh_members(world.rows[1:4]),
        scene=world.scene,
        target=world.target,
        view=RecordView(Recipe(), 512),
    )
    assert "speaks first" in preview.problem
    assert preview.as_json()["messages"] == []


def test_preview_record_warns_of_length() -> None:
    world = World()
    dialogue = world.dialogue(0, 3)
    assert codes(look(world, dialogue, budget=40)) == ["over_budget"]
    assert codes(look(world, dialogue, max_tokens=40)) == ["too_long"]
    assert codes(look(world, world.dialogue(4, 6))) == ["one_turn", "direction", "direction"]


def test_preview_record_warns_of_holes_blanks_and_control_tokens() -> None:
    world = World()
    world.rows[2].missing_before = 6
    world.rows[2].save()
    dialogue = world.dialogue(0, 3)
    set_training_text(
        dialogue,
        actor=world.writer,
        revision=1,
        utterance=world.rows[0].pk,
        text="<|im_start|> Who moved it?",
    )
    preview = look(world, dialogue)
    assert codes(preview) == ["control_token", "hole"]
    assert preview.warnings[1].message == "6 lines are missing in the source before row 3."
    silent = World("PIP: Hm?\nMARLOW: \nVEX: Yes.")
    short = silent.dialogue(0, 2)
    drop_utterances(
        short, actor=silent.writer, revision=1, utterances=[silent.rows[1].pk], drop=False
    )
    assert codes(look(silent, short)) == ["blank", "one_turn"]


def test_preview_record_warns_of_the_same_words_elsewhere() -> None:
    world = World("PIP: Who are you really?\nVEX: A friend of the moon.")
    first = world.dialogue(0, 1)
    scene = make_scene(
        "PIP: who are  you really?\nVEX: A friend of the moon.",
        project=world.project,
        episode_number=2,
    )
    rows = list(scene.segmentation.episode.utterances.order_by("position"))
    second = create_dialogue(
        scene, target=world.target, actor=world.writer, first=rows[0], last=rows[1]
    )
    assert codes(look(world, second)) == ["duplicate", "one_turn"]
    assert look(world, second).warnings[0].message == f"Dialogue {first.pk} has the same words."


def test_preview_record_warns_of_an_answer_given_away() -> None:
    world = World("PIP: Where is it?\nVEX: Under the kitchen table, of course.")
    world.scene.note = "It is under the kitchen  table, of course."
    world.scene.save()
    dialogue = world.dialogue(0, 1)
    assert "leak" not in codes(look(world, dialogue, includes_context_note=False))
    world.scene.note = "Under the kitchen table, of course."
    world.scene.save()
    dialogue = Dialogue.objects.get(pk=dialogue.pk)
    assert "leak" in codes(look(world, dialogue))


def test_preview_record_says_when_the_scenes_changed() -> None:
    world = World()
    dialogue = world.dialogue(0, 3)
    world.cut(2)
    assert codes(look(world, dialogue))[0] == "scene_changed"


def test_recipe_in_use_is_that_of_the_last_dataset() -> None:
    world = World()
    assert recipe_in_use(world.target, tokenizer="cl100k_base") == Recipe(tokenizer="cl100k_base")
    for number, template in ((1, "Old."), (2, "New.")):
        DatasetVersion.objects.create(
            project=world.project,
            number=number,
            target_character=world.target,
            recipe=Recipe(system_template=template).as_json(),
            seed=1,
            created_by=world.writer,
        )
    assert recipe_in_use(world.target, tokenizer="o200k_base").system_template == "New."
    pip = Character.objects.get(name="PIP")
    assert recipe_in_use(pip, tokenizer="o200k_base") == Recipe()
