from pathlib import Path

import pytest
from django.contrib.auth.models import User

from curation.enums import Role
from curation.models import Project
from tests.factories import ProjectFactory, make_member


@pytest.fixture(autouse=True)
def uploads(var_dir: Path) -> Path:
    """The folder of uploads, one for each test."""
    return var_dir / "uploads"


@pytest.fixture
def project(db: None) -> Project:
    return ProjectFactory()


@pytest.fixture
def manager(project: Project) -> User:
    return make_member(project, Role.MANAGER)
