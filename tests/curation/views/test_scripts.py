from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from curation.domain import imports
from curation.enums import Role, ScriptState
from curation.models import Activity, Character, Project, Script, Utterance
from curation.views.scripts import TRIES_FOR_AN_IMPORT
from rickproject.config import get_config
from tests.factories import ProjectFactory, ScriptFactory, UserFactory, make_member
from tests.sample_scripts import ROWS, csv_bytes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def project() -> Project:
    return ProjectFactory()


@pytest.fixture
def manager(project: Project, client: Client) -> User:
    user = make_member(project, Role.MANAGER)
    client.force_login(user)
    return user


def file(content: bytes = b"", name: str = "moon.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content or csv_bytes())


def upload(client: Client, project: Project, content: bytes = b"", **form: str) -> HttpResponse:
    return client.post(
        reverse("script_upload", args=[project.slug]), {"file": file(content), **form}
    )


def checked(project: Project, user: User, content: bytes) -> Script:
    script = imports.receive_script(
        project, user=user, file_name="moon.csv", content=[content], in_background=False
    )
    imports.check_script(script.pk)
    script.refresh_from_db()
    return script


def imported(project: Project, user: User) -> Script:
    script = checked(project, user, csv_bytes())
    imports.confirm_import(script, user=user, in_background=False)
    imports.import_script(script.pk)
    script.refresh_from_db()
    return script


def page(client: Client, script: Script, name: str = "script") -> str:
    return client.get(reverse(name, args=[script.project.slug, script.pk])).content.decode()


def test_scripts_says_how_to_fill_an_empty_list(
    client: Client, project: Project, manager: User
) -> None:
    text = client.get(reverse("scripts", args=[project.slug])).content.decode()
    assert "No script yet" in text
    assert reverse("script_upload", args=[project.slug]) in text


def test_scripts_needs_as_many_queries_for_three_as_for_one(
    client: Client, project: Project, manager: User, django_assert_max_num_queries: Any
) -> None:
    address = reverse("scripts", args=[project.slug])
    counts = []
    for _ in range(3):
        ScriptFactory(project=project, created_by=UserFactory())
        client.get(address)
        with django_assert_max_num_queries(20) as captured:
            client.get(address)
        counts.append(len(captured))
    assert counts[0] == counts[2]


def test_script_needs_as_many_queries_for_many_rows_as_for_few(
    client: Client, project: Project, manager: User, django_assert_max_num_queries: Any
) -> None:
    counts = []
    for rows in (ROWS[:1], [f"{at},1,{at},T,SPEAKER {at},Hello." for at in range(40)]):
        script = checked(project, manager, csv_bytes(rows))
        imports.confirm_import(script, user=manager, in_background=False)
        imports.import_script(script.pk)
        address = reverse("script", args=[project.slug, script.pk])
        client.get(address)
        with django_assert_max_num_queries(26) as captured:
            client.get(address)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_scripts_are_filtered_by_state_in_the_address(
    client: Client, project: Project, manager: User
) -> None:
    ScriptFactory(project=project, title="In")
    ScriptFactory(project=project, title="Out", state=ScriptState.FAILED)
    address = reverse("scripts", args=[project.slug])
    text = client.get(address, {"state": "failed"}).content.decode()
    assert ("Out</a>" in text, "In</a>" in text) == (True, False)
    text = client.get(address, {"state": "checking"}).content.decode()
    assert "No script like this" in text
    assert client.get(address, {"state": "nonsense"}).status_code == 200


def test_script_upload_receives_a_file_and_shows_it_waiting(
    client: Client, project: Project, manager: User
) -> None:
    answer = upload(client, project, title="The Moon")
    script = Script.objects.get()
    assert answer.headers["Location"] == reverse("script", args=[project.slug, script.pk])
    assert (script.title, script.state, script.created_by) == (
        "The Moon",
        ScriptState.UPLOADED,
        manager,
    )
    assert "The check starts as soon as a worker is free" in page(client, script)


def test_script_upload_runs_to_the_end_with_a_worker(
    client: Client,
    project: Project,
    manager: User,
    eager_tasks: None,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        upload(client, project)
    script = Script.objects.get()
    text = page(client, script)
    assert "This is what will be created" in text
    assert "It’s in the fridge" in text
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("script_confirm", args=[project.slug, script.pk]))
    script.refresh_from_db()
    assert script.state == ScriptState.IMPORTED
    text = page(client, script)
    assert "No character is to be learnt yet" in text
    assert "S1E2" in text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"PK\x03\x04" + bytes(60), "Excel workbook"), (b"\n", "The file is empty.")],
)
def test_script_upload_answers_a_bad_file_with_a_sentence(
    client: Client, project: Project, manager: User, var_dir: Path, content: bytes, sentence: str
) -> None:
    answer = upload(client, project, content)
    assert (answer.status_code, Script.objects.count()) == (422, 0)
    assert sentence in answer.content.decode()
    assert not [path for path in (var_dir / "uploads").rglob("*") if path.is_file()]


def test_script_upload_links_the_same_file(client: Client, project: Project, manager: User) -> None:
    first = imported(project, manager)
    answer = upload(client, project)
    assert answer.status_code == 422
    assert f'href="{reverse("script", args=[project.slug, first.pk])}"' in answer.content.decode()


def test_script_upload_refuses_a_file_over_the_limit(
    client: Client, project: Project, manager: User, monkeypatch: pytest.MonkeyPatch, var_dir: Path
) -> None:
    monkeypatch.setattr(get_config(), "upload_limit_mb", 1)
    answer = upload(client, project, bytes(2 * 2**20))
    assert (answer.status_code, Script.objects.count()) == (413, 0)
    assert "over 1 MB" in answer.content.decode()


def test_script_upload_counts_imports_an_hour(
    client: Client, project: Project, manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_config(), "imports_per_hour", 1)
    upload(client, project)
    answer = upload(client, project, csv_bytes(ROWS[:2]))
    assert (answer.status_code, Script.objects.count()) == (429, 1)
    assert int(answer.headers["Retry-After"]) > 0
    assert "Try again in" in answer.content.decode()


def test_script_upload_does_not_count_what_it_refuses(
    client: Client, project: Project, manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_config(), "imports_per_hour", 1)
    refused = [
        upload(client, project, b"\x00\x01").status_code for _ in range(TRIES_FOR_AN_IMPORT - 1)
    ]
    assert set(refused) == {422}
    assert upload(client, project).status_code == 302
    answer = upload(client, project, b"\x00\x01")
    assert (answer.status_code, Script.objects.count()) == (429, 1)


def test_script_upload_without_a_file_says_so(
    client: Client, project: Project, manager: User
) -> None:
    answer = client.post(reverse("script_upload", args=[project.slug]), {})
    assert answer.status_code == 422
    assert "Choose a file first" in answer.content.decode()


def test_script_shows_problems_with_their_rows(
    client: Client, project: Project, manager: User
) -> None:
    script = checked(project, manager, csv_bytes([*ROWS, "9,1,1,The Moon,PIP,"]))
    text = page(client, script)
    assert "Correct the file and upload it again" in text
    assert '<td class="num">7</td>' in text
    assert "The line is empty." in text


def test_script_text_is_never_html(client: Client, project: Project, manager: User) -> None:
    nasty = '1,1,1,<script>alert(1)</script>,<img src=x onerror=a()>,"<b>bold</b>"'
    script = checked(project, manager, csv_bytes([nasty]))
    assert script.state == ScriptState.CHECKED
    text = page(client, script)
    for part in ("<script>alert", "<img src=x", "<b>bold"):
        assert part not in text
    assert "&lt;b&gt;bold" in text


def test_script_progress_reloads_the_page_when_the_work_is_done(
    client: Client, project: Project, manager: User
) -> None:
    script = ScriptFactory(
        project=project, state=ScriptState.IMPORTING, rows_total=100, rows_done=40
    )
    text = page(client, script, "script_progress")
    assert "40 of 100 rows" in text
    assert "<html" not in text
    Script.objects.update(state=ScriptState.IMPORTED)
    answer = client.get(reverse("script_progress", args=[project.slug, script.pk]))
    assert answer.headers["HX-Refresh"] == "true"


def test_script_mapping_takes_columns_by_hand(
    client: Client, project: Project, manager: User
) -> None:
    script = checked(project, manager, csv_bytes(["VEX,Hello."], header="Who,What"))
    address = reverse("script_mapping", args=[project.slug, script.pk])
    assert "Hello." in client.get(address).content.decode()
    answer = client.post(address, {"speaker": "Who"})
    assert answer.status_code == 422
    assert "Choose the column for the line" in answer.content.decode()
    answer = client.post(address, {"speaker": "Who", "text": "Who"})
    assert "chosen twice" in answer.content.decode()
    client.post(address, {"speaker": "Who", "text": "What"})
    imports.check_script(script.pk)
    script.refresh_from_db()
    assert script.state == ScriptState.CHECKED


def test_script_notes_without_a_row_show_a_dash(
    client: Client, project: Project, manager: User
) -> None:
    body = csv_bytes(["VEX,Hello.,loud"], header="Who,What,How")
    script = checked(project, manager, body)
    address = reverse("script_mapping", args=[project.slug, script.pk])
    client.post(address, {"speaker": "Who", "text": "What"})
    imports.check_script(script.pk)
    text = page(client, script, "script")
    assert "Columns left aside: How." in text
    assert '<td class="num">–</td>' in text
    assert ">None<" not in text


def test_script_confirm_twice_says_that_it_goes_on(
    client: Client, project: Project, manager: User
) -> None:
    script = checked(project, manager, csv_bytes())
    address = reverse("script_confirm", args=[project.slug, script.pk])
    client.post(address)
    answer = client.post(address, follow=True)
    assert "cannot be imported now: it is being imported" in answer.content.decode()


def test_script_discard_takes_it_from_the_list(
    client: Client, project: Project, manager: User
) -> None:
    script = checked(project, manager, csv_bytes())
    answer = client.post(reverse("script_discard", args=[project.slug, script.pk]), follow=True)
    assert "is discarded" in answer.content.decode()
    imports.clear_script(script.pk)
    assert client.get(reverse("script", args=[project.slug, script.pk])).status_code == 404


def test_character_target_is_switched_on_the_page(
    client: Client, project: Project, manager: User
) -> None:
    script = imported(project, manager)
    vex = Character.objects.get(name="VEX")
    address = reverse("character_target", args=[project.slug, script.pk, vex.pk])
    answer = client.post(address, {"is_target": "yes"}, headers={"HX-Request": "true"})
    assert answer.content.decode().lstrip().startswith(f'<tr id="character-{vex.pk}">')
    vex.refresh_from_db()
    assert vex.is_target
    client.post(address, {"is_target": "no"})
    vex.refresh_from_db()
    assert not vex.is_target


def test_character_alias_is_set_and_taken_away(
    client: Client, project: Project, manager: User
) -> None:
    script = imported(project, manager)
    vex, pip = Character.objects.get(name="VEX"), Character.objects.get(name="PIP")
    address = reverse("character_alias", args=[project.slug, script.pk])
    client.post(address, {"character": pip.pk, "alias_of": vex.pk})
    pip.refresh_from_db()
    assert pip.alias_of == vex
    client.post(address, {"character": pip.pk, "alias_of": ""})
    pip.refresh_from_db()
    assert pip.alias_of is None


POSTS = ["script_confirm", "script_discard", "character_alias"]
GETS = ["scripts", "script", "script_progress"]


@pytest.mark.parametrize("role", [Role.ANNOTATOR, Role.REVIEWER])
def test_scripts_are_seen_but_not_changed_by_those_who_work_with_them(
    client: Client, project: Project, role: Role
) -> None:
    script = imported(project, project.created_by)
    client.force_login(make_member(project, role))
    for name in GETS:
        arguments = [project.slug] if name == "scripts" else [project.slug, script.pk]
        answer = client.get(reverse(name, args=arguments))
        assert answer.status_code == 200
        assert "script/upload" not in answer.content.decode()
        assert "targets/" not in answer.content.decode()
    for name in POSTS:
        assert client.post(reverse(name, args=[project.slug, script.pk])).status_code == 403
    assert client.get(reverse("script_upload", args=[project.slug])).status_code == 403
    assert upload(client, project).status_code == 403
    vex = Character.objects.get(name="VEX")
    address = reverse("character_target", args=[project.slug, script.pk, vex.pk])
    assert client.post(address, {"is_target": "yes"}).status_code == 403


def test_scripts_are_nothing_to_strangers_and_closed_to_testers(
    client: Client, project: Project
) -> None:
    script = imported(project, project.created_by)
    assert client.get(reverse("scripts", args=[project.slug])).status_code == 302
    for user, status in ((UserFactory(), 404), (make_member(project, Role.TESTER), 403)):
        client.force_login(user)
        assert client.get(reverse("scripts", args=[project.slug])).status_code == status
        for name in ("script", "script_progress", "script_mapping"):
            address = reverse(name, args=[project.slug, script.pk])
            assert client.get(address).status_code == status
        for name in POSTS:
            assert client.post(reverse(name, args=[project.slug, script.pk])).status_code == status
        assert upload(client, project).status_code == status


def test_script_of_another_project_is_not_reached_through_ones_own(
    client: Client, project: Project, manager: User
) -> None:
    other = ProjectFactory()
    script = imported(other, other.created_by)
    assert client.get(reverse("script", args=[project.slug, script.pk])).status_code == 404
    own = imported(project, manager)
    foreign = Character.objects.get(project=other, name="VEX")
    address = reverse("character_target", args=[project.slug, own.pk, foreign.pk])
    assert client.post(address, {"is_target": "yes"}).status_code == 404
    address = reverse("character_alias", args=[project.slug, own.pk])
    mine = Character.objects.get(project=project, name="VEX")
    client.post(address, {"character": mine.pk, "alias_of": foreign.pk})
    mine.refresh_from_db()
    assert mine.alias_of is None


def test_script_repair_is_offered_with_samples_and_done_when_chosen(
    client: Client, project: Project, manager: User
) -> None:
    content = csv_bytes(["1,1,1,A,PIP,Itâ€™s here.", "2,1,1,A,VEX,No."])
    script = checked(project, manager, content)
    page = client.get(reverse("script", args=[project.slug, script.pk])).content.decode()
    assert "Itâ€™s here." in page
    assert "It’s here." in page
    for answer, text in (("no", "Itâ€™s here."), ("yes", "It’s here.")):
        address = reverse("script_repair", args=[project.slug, script.pk])
        assert client.post(address, {"repairs": answer}).status_code == 302
        imports.check_script(script.pk)
        script.refresh_from_db()
        assert script.repairs_text == (answer == "yes")
        assert script.preview["lines"][0]["text"] == text
    imports.confirm_import(script, user=manager, in_background=False)
    imports.import_script(script.pk)
    assert Utterance.objects.get(episode__script=script, position=0).text == "It’s here."
    refused = client.post(address, {"repairs": "no"}, follow=True)
    assert "cannot be chosen now" in refused.content.decode()


def test_a_corrected_file_is_uploaded_from_the_script_s_page(
    client: Client, project: Project, manager: User
) -> None:
    script = imported(project, manager)
    page = client.get(reverse("script", args=[project.slug, script.pk])).content.decode()
    address = f"{reverse('script_upload', args=[project.slug])}?replaces={script.pk}"
    assert address in page
    assert "This file corrects" in client.get(address).content.decode()
    answer = upload(client, project, csv_bytes(ROWS[:4]), replaces=str(script.pk))
    second = Script.objects.get(replaces=script)
    assert answer["Location"] == reverse("script", args=[project.slug, second.pk])
    imports.check_script(second.pk)
    shown = client.get(answer["Location"]).content.decode()
    assert "Every dialogue is carried over" in shown
    imports.confirm_import(second, user=manager, in_background=False)
    imports.import_script(second.pk)
    shown = client.get(answer["Location"]).content.decode()
    assert "Earlier revisions" in shown
    old = client.get(reverse("script", args=[project.slug, script.pk])).content.decode()
    assert "Open the newer revision" in old
    episode = script.episodes.get(season_number=1, episode_number=2)
    text = client.get(reverse("script_text", args=[project.slug, script.pk, episode.pk]))
    assert "The fridge is not safe." in text.content.decode()
    assert upload(client, project, b"name,line\nA,b\n", replaces=str(script.pk)).status_code == 422
    episode_of_new = second.episodes.get()
    wrong = reverse("script_text", args=[project.slug, script.pk, episode_of_new.pk])
    assert client.get(wrong).status_code == 404


def test_merges_are_undone_and_members_chosen_on_the_page(
    client: Client, project: Project, manager: User
) -> None:
    script = imported(project, manager)
    vex, pip, marlow = (
        Character.objects.get(project=project, name=name) for name in ("VEX", "PIP", "MARLOW")
    )
    args = [project.slug, script.pk]
    client.post(reverse("character_alias", args=args), {"character": pip.pk, "alias_of": vex.pk})
    page = client.get(reverse("script", args=args)).content.decode()
    assert "became another name of VEX" in page
    step = Activity.objects.get(verb="character.alias_set")
    client.post(reverse("character_undo", args=[*args, step.pk]))
    pip.refresh_from_db()
    assert pip.alias_of is None
    page = client.get(reverse("script", args=args)).content.decode()
    assert "became another name of VEX" not in page
    answer = client.post(
        reverse("character_members", args=args),
        {"joint": marlow.pk, "members": [vex.pk, pip.pk]},
        follow=True,
    )
    assert "MARLOW is now spoken by VEX and PIP." in answer.content.decode()
    assert set(marlow.members.all()) == {vex, pip}
