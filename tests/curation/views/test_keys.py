"""The page of keys as a plain form, and the keys it gives to every page."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from curation.domain.key_choices import choose_keys
from curation.queries.key_choices import key_choices
from rickproject.lib.keymap import COMMANDS
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(client: Client) -> object:
    ada = UserFactory()
    client.force_login(ada)
    return ada


def test_the_page_lists_every_command_with_its_keys(client: Client, ada: object) -> None:
    text = client.get(reverse("keys")).content.decode()
    assert all(f'name="key:{name}"' in text for name in COMMANDS)
    assert "Change these keys" in text


def test_a_key_is_changed_and_brought_back(client: Client, ada: object) -> None:
    answer = client.post(reverse("keys"), {"key:reader.note": ["m", ""]})
    assert answer.status_code == 302
    assert key_choices(ada.pk) == {"reader.note": ("M",)}  # type: ignore[attr-defined]
    assert "Bring back N for" in client.get(reverse("keys")).content.decode()
    fields = {"key:reader.note": ["M", ""], "key:reader.title": ["Q"], "reset": "reader.note"}
    client.post(reverse("keys"), fields)
    assert key_choices(ada.pk) == {"reader.title": ("Q",)}  # type: ignore[attr-defined]
    client.post(reverse("keys"), {"reset": "all", "key:reader.title": ["Z"]})
    assert key_choices(ada.pk) == {}  # type: ignore[attr-defined]


def test_a_clash_is_told_beside_both_and_what_was_typed_stays(client: Client, ada: object) -> None:
    answer = client.post(
        reverse("keys"), {"key:reader.note": ["j\x00", ""], "key:reader.title": ["J"]}
    )
    text = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="problem-reader.note"' in text
    assert 'id="problem-reader.title"' in text
    assert 'name="key:reader.title" value="J"' in text
    assert key_choices(ada.pk) == {}  # type: ignore[attr-defined]


def test_a_pages_data_and_hints_show_the_persons_keys(client: Client, ada: object) -> None:
    choose_keys(ada, wanted={"everywhere.search": ("Mod+K",), "everywhere.help": ()})  # type: ignore[arg-type]
    answer = client.get(reverse("home"))
    sections = json.loads(answer.context["frame"].commands)
    rows = {row[0]: row[1] for _, section in sections for row in section}
    assert rows["everywhere.search"] == ["Mod+K"]
    assert rows["everywhere.help"] == []
    assert set(rows) == {"everywhere.search", "everywhere.help", "projects.new"}
    assert '<kbd data-hint="everywhere.help"></kbd>' in answer.content.decode()
