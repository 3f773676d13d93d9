"""Characters that no database keeps: every form, address and endpoint refuses them in words."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pytest
from django import forms
from django.core.management import CommandError, call_command
from django.urls import reverse

import curation.forms
import training.forms
from curation.enums import DatasetState, DialogueState
from curation.models import ContextNote, DatasetVersion, Dialogue, Project
from rickproject.lib.text import TextField
from tests.access_table import ROUTES
from tests.test_access_table import World

BAD = ["a\0b", "a\x07b"]
REFUSAL = "cannot be kept"


def all_forms() -> Iterator[type[forms.BaseForm]]:
    for package in (curation.forms, training.forms):
        for module in iter_modules(package.__path__, f"{package.__name__}."):
            for found in vars(import_module(module.name)).values():
                if isinstance(found, type) and issubclass(found, forms.BaseForm):
                    yield found


@pytest.mark.parametrize("form", sorted(set(all_forms()), key=lambda one: one.__name__))
def test_form_takes_text_by_the_field_that_refuses(form: type[forms.BaseForm]) -> None:
    plain = [name for name, field in form.base_fields.items() if type(field) is forms.CharField]
    assert plain == []
    for field in form.base_fields.values():
        if isinstance(field, TextField):
            with pytest.raises(forms.ValidationError, match=REFUSAL):
                field.clean("a\x07b")


@pytest.fixture
def world() -> World:
    return World()


def names_sent() -> set[str]:
    found = {name for form in all_forms() for name in form.base_fields}
    return found | {
        "person",
        "kind",
        "last",
        "skip",
        "sample",
        "page",
        "client_key",
        "speaker",
        "q",
    }


@pytest.mark.django_db
@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("name", sorted(set(ROUTES) - {"message_stream", "readyz"}))
def test_route_stands_every_field_and_parameter_full_of_it(
    world: World, name: str, bad: str
) -> None:
    client = world.client("superuser")
    values = dict.fromkeys(names_sent(), bad)
    for method in ("get", "post"):
        answer = getattr(client, method)(world.address(name), values)
        assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR


def free_texts(world: World) -> dict[str, tuple[str, dict[str, Any], str]]:
    """Return address, values and the free text among them, of every page that keeps one."""
    dialogue = Dialogue.objects.get()
    utterance = dialogue.members.first().utterance_id
    slug, change = world.project.slug, {"revision": dialogue.revision}
    talk = world.values["conversation"]
    return {
        "project": (reverse("project_create"), {}, "name"),
        "note": (world.address("scene_note"), {"revision": 0, "title": "x"}, "text"),
        "note title": (world.address("scene_note"), {"revision": 0}, "title"),
        "line": (
            world.address("dialogue_change"),
            {"action": "text", "utterances": utterance, **change},
            "text",
        ),
        "review": (
            reverse("review_decide", args=[slug, dialogue.pk]),
            {"decision": "returned", **change},
            "reason",
        ),
        "recipe": (
            reverse("dataset_build", args=[slug]),
            {"seed": 1, "max_tokens": 99, "validation_share": 10},
            "system_template",
        ),
        "rename": (reverse("conversation_rename", args=[slug, talk]), {}, "title"),
    }


@pytest.mark.django_db
@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize(
    "what", ["project", "note", "note title", "line", "review", "recipe", "rename"]
)
def test_page_refuses_it_in_words_and_keeps_nothing(world: World, what: str, bad: str) -> None:
    address, values, field = free_texts(world)[what]
    before = (Project.objects.count(), ContextNote.objects.count(), Dialogue.objects.get().revision)
    person = "tester" if what == "rename" else "superuser"
    answer = world.client(person).post(address, values | {field: f"It {bad} works"}, follow=True)
    assert answer.status_code in {HTTPStatus.OK, HTTPStatus.UNPROCESSABLE_ENTITY}
    assert REFUSAL in answer.content.decode()
    after = (Project.objects.count(), ContextNote.objects.count(), Dialogue.objects.get().revision)
    assert after == before


@pytest.mark.django_db
@pytest.mark.parametrize("bad", [*BAD, "\ud800"])
def test_note_endpoint_refuses_it_in_json(world: World, bad: str) -> None:
    answer = world.client("annotator").post(
        world.address("scene_note"),
        json.dumps({"revision": 0, "title": "", "text": bad}),
        content_type="application/json",
        headers={"accept": "application/json"},
    )
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert REFUSAL in answer.json()["error"]["message"]


@pytest.mark.django_db
@pytest.mark.parametrize("bad", BAD)
def test_message_to_a_model_is_refused_in_words(world: World, bad: str) -> None:
    client = world.client("tester")
    answer = client.post(world.address("message_stream"), {"text": f"Hi {bad}"})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert REFUSAL in b"".join(answer).decode()


@pytest.mark.django_db
@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("decision", ["approve", "return"])
def test_admin_decision_refuses_a_reason_of_it(world: World, decision: str, bad: str) -> None:
    DatasetVersion.objects.update(state=DatasetState.WAITING)
    pk = DatasetVersion.objects.get().pk
    answer = world.client("superuser").post(
        reverse("admin:curation_datasetversion_decide", args=[pk]),
        {"decision": decision, "reason": f"Too {bad} short"},
        follow=True,
    )
    assert REFUSAL in answer.content.decode()
    assert DatasetVersion.objects.get().state == DatasetState.WAITING


@pytest.mark.django_db
def test_command_line_refuses_a_reason_of_it(world: World) -> None:
    DatasetVersion.objects.update(state=DatasetState.WAITING)
    pk = DatasetVersion.objects.get().pk
    admin = world.people["superuser"].username
    with pytest.raises(CommandError, match=REFUSAL):
        call_command("approve_dataset", str(pk), "--as", admin, "--reason", "a\x07b")
    assert DatasetVersion.objects.get().state == DatasetState.WAITING
    assert Dialogue.objects.get().state == DialogueState.APPROVED


@pytest.mark.django_db
@pytest.mark.parametrize("option", ["name.csv", "title"])
def test_import_refuses_a_name_of_it(world: World, option: str, tmp_path: Any) -> None:
    bad = "a\x07b"
    file = tmp_path / (f"{bad}.csv" if option == "name.csv" else "moon.csv")
    file.write_text("season no.,episode no.,name,line\n1,1,VEX,Hello.\n")
    more = ["--as", world.people["manager"].username]
    more += ["--title", bad] if option == "title" else []
    with pytest.raises(CommandError, match=REFUSAL):
        call_command("import_script", str(file), "--project", world.project.slug, *more)
