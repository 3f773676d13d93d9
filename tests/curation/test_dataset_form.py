import pytest

from curation.domain.training_records import Line, record_messages
from curation.forms.datasets import BuildForm
from tests.factories import make_approved_dialogues


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("chosen", "reply"),
    [("line", "Yes.\nGo."), ("space", "Yes. Go."), ("paragraph", "Yes.\n\nGo.")],
)
def test_build_form_joins_lines_as_chosen(chosen: str, reply: str) -> None:
    project = make_approved_dialogues(1)
    form = BuildForm(project=project)
    sent = {name: field.initial for name, field in form.fields.items()} | {
        "target": project.characters.get(is_target=True).pk,
        "trained_turns": "all",
        "record_per": "dialogue",
        "tokenizer": form.fields["tokenizer"].choices[0][0],  # type: ignore[attr-defined]
        "joins": chosen,
    }
    form = BuildForm(sent, project=project)
    assert form.is_valid(), form.errors
    recipe = form.request_values()["recipe"]
    lines = [Line("ADA", "Now?", False), Line("VEX", "Yes.", True), Line("VEX", "Go.", True)]
    assert record_messages(lines, recipe, character="VEX", script="S")[-1]["content"] == reply


@pytest.mark.django_db
def test_build_form_refuses_a_scene_without_its_note() -> None:
    project = make_approved_dialogues(1)
    form = BuildForm(project=project)
    sent = {name: field.initial for name, field in form.fields.items()} | {
        "target": project.characters.get(is_target=True).pk,
        "trained_turns": "all",
        "record_per": "reply",
        "joins": "line",
        "tokenizer": form.fields["tokenizer"].choices[0][0],  # type: ignore[attr-defined]
        "system_template": "You are {character}. {scene}",
    }
    form = BuildForm(sent, project=project)
    assert form.is_valid(), form.errors
    assert form.request_values()["recipe"].record_per == "reply"
    form = BuildForm(sent | {"includes_context_note": ""}, project=project)
    assert "the context note is not to be added" in form.errors["system_template"][0]
