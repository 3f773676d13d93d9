import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from curation.enums import Role, ScriptState
from curation.models import Character, Project, Script, Utterance
from tests.factories import ProjectFactory, UserFactory, make_member
from tests.sample_scripts import ROWS, csv_bytes

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def uploads(var_dir: Path) -> Path:
    """The folder of uploads, one for each test."""
    return var_dir / "uploads"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "moon.csv"
    path.write_bytes(csv_bytes())
    return path


def run(*arguments: object) -> dict[str, Any]:
    out = StringIO()
    call_command("import_script", *map(str, arguments), "--json", stdout=out)
    return json.loads(out.getvalue())


def test_import_script_imports_and_marks_the_target(file: Path) -> None:
    project = ProjectFactory(slug="vex")
    manager = make_member(project, Role.MANAGER)
    answer = run(file, "--project", "vex", "--as", manager.username, "--target", "Vex")
    assert (answer["utterances"], answer["missing_rows"], answer["project_created"]) == (
        5,
        2,
        False,
    )
    assert Script.objects.get().state == ScriptState.IMPORTED
    assert Character.objects.get(is_target=True).name == "VEX"


def test_import_script_dry_run_writes_nothing(file: Path, uploads: Path) -> None:
    answer = run(file, "--project", "vex", "--dry-run")
    assert answer["episodes"] == 2
    assert (Project.objects.count(), Script.objects.count()) == (0, 0)
    assert not uploads.exists()


def test_import_script_creates_the_project_for_the_person_named(file: Path) -> None:
    user = UserFactory()
    answer = run(file, "--project", "vex", "--as", user.username)
    assert answer["project_created"]
    assert "Created the project vex" in answer["summary"]
    assert Project.objects.get().created_by == user


def test_import_script_asks_who_owns_a_new_project(file: Path) -> None:
    UserFactory(is_superuser=True)
    UserFactory(is_superuser=True)
    with pytest.raises(CommandError, match="--as USER") as caught:
        run(file, "--project", "vex")
    assert (caught.value.returncode, Project.objects.count()) == (1, 0)


def test_import_script_refuses_who_may_not(file: Path) -> None:
    project = ProjectFactory(slug="vex")
    annotator = make_member(project, Role.ANNOTATOR)
    with pytest.raises(CommandError, match="needs the role manager"):
        run(file, "--project", "vex", "--as", annotator.username)
    assert Script.objects.count() == 0


def test_import_script_refuses_bad_rows_and_leaves_nothing(tmp_path: Path) -> None:
    UserFactory(is_superuser=True)
    path = tmp_path / "bad.csv"
    path.write_bytes(csv_bytes([*ROWS, "9,1,1,M,PIP,"]))
    with pytest.raises(CommandError, match="row 7: The line is empty") as caught:
        run(path, "--project", "vex")
    assert caught.value.returncode == 1
    assert (Project.objects.count(), Script.objects.count()) == (0, 0)


def test_import_script_takes_columns_by_hand(tmp_path: Path) -> None:
    UserFactory(is_superuser=True)
    path = tmp_path / "other.csv"
    path.write_bytes(csv_bytes(["VEX,Hello."], header="Who,What"))
    with pytest.raises(CommandError, match="--column speaker=") as caught:
        run(path, "--project", "vex")
    assert caught.value.returncode == 1
    answer = run(path, "--project", "vex", "--column", "speaker=Who", "--column", "text=What")
    assert (answer["utterances"], Utterance.objects.get().text) == (1, "Hello.")


def test_import_script_refuses_the_same_file_twice(file: Path) -> None:
    UserFactory(is_superuser=True)
    run(file, "--project", "vex")
    with pytest.raises(CommandError, match="in the project already") as caught:
        run(file, "--project", "vex")
    assert (caught.value.returncode, Script.objects.count()) == (1, 1)


def test_import_script_refuses_an_unknown_target_before_writing(file: Path) -> None:
    UserFactory(is_superuser=True)
    with pytest.raises(CommandError, match=r"Nobody in the file is called 'ODA'\. Most lines: VEX"):
        run(file, "--project", "vex", "--target", "ODA")
    assert Project.objects.count() == 0


@pytest.mark.parametrize("arguments", [["nowhere.csv"], [__file__, "--column", "speaker"]])
def test_import_script_tells_wrong_usage_apart(arguments: list[str]) -> None:
    with pytest.raises(CommandError) as caught:
        run(*arguments, "--project", "vex")
    assert caught.value.returncode == 2


def test_import_script_repairs_text_and_replaces_a_script(tmp_path: Path, file: Path) -> None:
    project = ProjectFactory(slug="vex")
    manager = make_member(project, Role.MANAGER)
    common = ("--project", "vex", "--as", manager.username)
    first = run(file, *common)["script"]
    path = tmp_path / "second.csv"
    path.write_bytes(csv_bytes([*ROWS, "9,1,2,The Fridge,PIP,Itâ€™s here."]))
    answer = run(path, *common, "--repair-mojibake", "--replaces", first)
    assert answer["carry_over"]["totals"] == {"kept": 5, "changed": 0, "removed": 0, "added": 1}
    assert Script.objects.get(pk=first).state == ScriptState.REPLACED
    assert Utterance.objects.filter(episode__script=answer["script"], text="It’s here.").exists()
    with pytest.raises(CommandError, match="no script 999"):
        run(path, *common, "--replaces", 999)
