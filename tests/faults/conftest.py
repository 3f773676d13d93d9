"""One prepared data folder, copied for every test: migrations run once."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.platform import Platform

pytestmark = pytest.mark.faults


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder; leave it out where there is no /proc to count in."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.faults)
            if sys.platform != "linux":
                item.add_marker(pytest.mark.skip(reason="counts processes in /proc: Linux only"))


@pytest.fixture(scope="session")
def prepared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with a migrated, empty database."""
    var_dir = tmp_path_factory.mktemp("prepared") / "var"
    done = Platform(var_dir).manage("migrate", "--verbosity", "0")
    assert done.returncode == 0, done.stderr
    return var_dir


@pytest.fixture
def platform(prepared_folder: Path, tmp_path: Path) -> Iterator[Platform]:
    """Return a platform that is not started yet; whatever it leaves is killed after the test."""
    var_dir = tmp_path / "var"
    shutil.copytree(prepared_folder, var_dir)
    (var_dir / "run" / "broker-port").unlink(missing_ok=True)
    running = Platform(var_dir)
    yield running
    running.clean_up()
