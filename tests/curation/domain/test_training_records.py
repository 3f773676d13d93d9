from dataclasses import replace

import pytest

from curation.domain.training_records import (
    Line,
    Recipe,
    RecipeError,
    record_messages,
    split_records,
    spoken_as,
    system_message,
)

LINES = [
    Line("PIP", "Where is the moon?", False),
    Line("", "(a crash)", False),
    Line("VEX", "Define where.", True),
    Line("VEX", "And define moon.", True),
    Line("MARLOW", "It is in the fridge.", False),
    Line("VEX", "Then it is fresh.", True),
]


def test_record_messages_joins_neighbouring_lines_of_one_role() -> None:
    messages = record_messages(LINES, Recipe(), character="VEX", script="The Vex Files")
    assert messages == [
        {"role": "system", "content": "You are VEX."},
        {"role": "user", "content": "PIP: Where is the moon?\n(a crash)"},
        {"role": "assistant", "content": "Define where.\nAnd define moon."},
        {"role": "user", "content": "MARLOW: It is in the fridge."},
        {"role": "assistant", "content": "Then it is fresh."},
    ]


def test_record_messages_weighs_earlier_replies_zero_when_only_the_last_is_trained() -> None:
    messages = record_messages(
        LINES, Recipe(trained_turns="last"), character="VEX", script="The Vex Files"
    )
    assert [message.get("weight") for message in messages] == [None, None, 0, None, None]


def test_system_message_carries_the_context_note_and_nothing_else_is_replaced() -> None:
    recipe = Recipe(system_template="Be {character} of {script}, not {0} or {{x}}.")
    message = system_message(recipe, character="VEX", script="Files", context_note=" Kitchen. ")
    assert message == {
        "role": "system",
        "content": "Be VEX of Files, not {0} or {{x}}.\nScene: Kitchen.",
    }


def test_system_message_is_absent_when_template_and_note_are_empty() -> None:
    recipe = Recipe(system_template="")
    assert system_message(recipe, character="VEX", script="Files") is None


def test_the_note_stands_where_the_template_names_the_scene_and_is_not_filled_again() -> None:
    recipe = Recipe(system_template="Now: {scene} Be {character}.")
    message = system_message(recipe, character="VEX", script="Files", context_note="{script}!")
    assert message == {"role": "system", "content": "Now: {script}! Be VEX."}
    without = replace(recipe, includes_context_note=False)
    message = system_message(without, character="VEX", script="Files", context_note="{script}!")
    assert message == {"role": "system", "content": "Now:  Be VEX."}


def test_a_record_per_reply_grows_and_trains_its_last_reply_alone() -> None:
    recipe = Recipe(record_per="reply")
    opened = [Line("VEX", "I begin.", True), *LINES]
    messages = record_messages(opened, recipe, character="VEX", script="The Vex Files")
    records = split_records(messages, recipe)
    assert [[m["content"] for m in record][-1] for record in records] == [
        "Define where.\nAnd define moon.",
        "Then it is fresh.",
    ]
    assert [[m.get("weight") for m in record] for record in records] == [
        [None, 0, None, None],
        [None, 0, None, 0, None, None],
    ]
    assert records[-1] == messages
    assert split_records(messages, Recipe()) == [messages]


def test_a_dialogue_that_answers_nobody_stays_one_record_for_the_checks() -> None:
    recipe = Recipe(record_per="reply")
    messages = record_messages(LINES[2:3], recipe, character="VEX", script="S")
    assert split_records(messages, recipe) == [messages]


def test_spoken_as_leaves_names_out_when_the_recipe_does() -> None:
    assert spoken_as("PIP", "Hi.", Recipe(names_speakers=False)) == "Hi."


def test_recipe_survives_its_stored_form() -> None:
    recipe = Recipe(trained_turns="last", max_tokens=99)
    assert Recipe.from_json(recipe.as_json()) == recipe


@pytest.mark.parametrize(
    "values", [{"colour": 1}, {"trained_turns": "some"}, {"record_per": "line"}]
)
def test_recipe_refuses_what_no_recipe_has(values: dict[str, object]) -> None:
    with pytest.raises(RecipeError):
        Recipe.from_json(values)
