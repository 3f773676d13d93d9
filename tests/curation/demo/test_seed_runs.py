"""Seeding an empty database: stopped, beside other projects, on a team's database."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from curation.demo.people import PEOPLE, accounts_file
from curation.demo.plan import SLUG
from curation.demo.seed import SeedError, seed_demo
from curation.models import Activity, DatasetVersion, Dialogue, Project
from rickproject.config import get_config
from tests.factories import ProjectFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_seed_finishes_what_a_stopped_one_began(var_dir: Path) -> None:
    told: list[str] = []

    def stop_at_the_eighth(line: str) -> None:
        told.append(line)
        if len(told) == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        seed_demo(tell=stop_at_the_eighth)
    assert not accounts_file().exists()
    half = Dialogue.objects.count()
    assert half > 0
    assert seed_demo() is True
    assert Dialogue.objects.count() > half
    assert Project.objects.count() == 1
    assert DatasetVersion.objects.count() == 2
    assert Activity.objects.filter(verb="script.imported").count() == 1
    assert len(accounts_file().read_text(encoding="utf-8").splitlines()) == 1 + len(PEOPLE)


def test_seed_leaves_other_projects_and_people_alone(var_dir: Path) -> None:
    stranger = UserFactory(username="Ada")
    stranger.set_password("a password of her own")
    stranger.save()
    ProjectFactory(slug=SLUG, created_by=stranger)
    with pytest.raises(SeedError, match="not the demo"):
        seed_demo()
    stranger.refresh_from_db()
    assert stranger.check_password("a password of her own")
    assert User.objects.filter(username="demo-ada").exists()
    assert Project.objects.get().created_by == stranger


def test_seed_demo_is_refused_on_a_teams_database_unless_forced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(get_config(), "database_url", "postgresql://localhost/team")
    with pytest.raises(CommandError, match="--force"):
        call_command("seed_demo")
    assert not Project.objects.exists()
