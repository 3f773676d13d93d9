import subprocess
import sys
from pathlib import Path

import pytest

from rickproject.supervisor import locks as locks_module
from rickproject.supervisor.locks import AlreadyRunningError, RoleLocks


def test_locks_refuse_a_second_holder_and_name_the_first(tmp_path: Path) -> None:
    first, second = RoleLocks(tmp_path), RoleLocks(tmp_path)
    first.acquire(["web", "beat"])
    with pytest.raises(AlreadyRunningError, match="already running on this data folder"):
        second.acquire(["model", "beat"])
    assert second.descriptors == ()
    second.acquire(["model"])
    first.release()
    second.acquire(["beat"])
    second.release()


def test_locks_end_with_their_holder(tmp_path: Path) -> None:
    code = (
        "import sys, os; from pathlib import Path; "
        "from rickproject.supervisor.locks import RoleLocks; "
        "RoleLocks(Path(sys.argv[1])).acquire(['web']); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    again = RoleLocks(tmp_path)
    again.acquire(["web"])
    again.release()


def test_locks_wait_for_the_guard_of_a_killed_holder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks_module, "HANDOVER_SECONDS", 0.3)
    guard = RoleLocks(tmp_path)
    guard.acquire(["web"])
    (tmp_path / "up-web.lock").write_text("99999999\n")  # its supervisor is gone
    with pytest.raises(AlreadyRunningError):
        RoleLocks(tmp_path).acquire(["web"])
    guard.release()
