from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from curation.models import Project
from rickproject.config import get_config

pytestmark = pytest.mark.django_db


def prepare() -> str:
    out = StringIO()
    call_command("prepare", stdout=out)
    return out.getvalue()


def test_prepare_does_nothing_where_the_demo_was_made_before(var_dir: Path) -> None:
    (var_dir / "demo-accounts").write_text("made before")
    assert prepare() == ""
    assert not Project.objects.exists()


def test_prepare_makes_no_demo_in_a_teams_database(
    var_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_config(), "database_url", "postgresql://db.example.org/rick")
    assert prepare() == ""
    assert not Project.objects.exists()
