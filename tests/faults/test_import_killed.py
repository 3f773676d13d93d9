"""An import under kill -9: nothing half is seen, and the repeated one gives the same rows."""

import os
import signal
from pathlib import Path

import pytest

from tests.faults.platform import Platform, wait_for
from tests.sample_scripts import many_rows

ROWS = 60_000
RECEIVE = """
from pathlib import Path
from django.contrib.auth.models import User
from curation.domain import imports
from curation.domain.projects import create_project
user = User.objects.create_superuser("{name}")
project = create_project("{name}", user=user)
script = imports.receive_script(project, user=user, file_name="long.csv",
    content=[Path("{path}").read_bytes()], in_background=False)
imports.check_script(script.pk)
script.refresh_from_db()
imports.confirm_import(script, user=user, in_background={in_background})
if not {in_background}:
    imports.import_script(script.pk)
"""
CONTENT = """
SELECT e.episode_number, u.position, u.row_number, u.source_index, u.missing_before, u.kind,
    u.text, c.name, c.utterance_count, c.colour
FROM curation_utterance u JOIN curation_episode e ON e.id = u.episode_id
JOIN curation_script s ON s.id = e.script_id JOIN curation_project p ON p.id = s.project_id
JOIN curation_character c ON c.id = u.character_id WHERE p.slug = '{name}'
ORDER BY u.row_number
"""


def receive(platform: Platform, path: Path, name: str, *, in_background: bool) -> None:
    code = RECEIVE.format(path=path, name=name, in_background=in_background)
    done = platform.manage("shell", "--no-imports", "-c", code)
    assert done.returncode == 0, done.stderr


def state(platform: Platform) -> tuple[str, int, int]:
    query = "SELECT state, rows_done, attempts FROM curation_script ORDER BY id DESC LIMIT 1"
    return platform.rows(query)[0]


@pytest.mark.timeout(600)  # on a busy machine; 40 s alone
def test_import_killed_in_the_middle_is_repeated_exactly(
    platform: Platform, tmp_path: Path
) -> None:
    path = tmp_path / "long.csv"
    path.write_bytes(many_rows(ROWS))
    receive(platform, path, "undisturbed", in_background=False)
    whole = platform.rows(CONTENT.format(name="undisturbed"))
    assert len(whole) == ROWS
    platform.start()
    wait_for("a worker", lambda: platform.heartbeat_seen("queue:export"), seconds=120)
    receive(platform, path, "killed", in_background=True)
    wait_for("half of it", lambda: state(platform)[1] > 4_000, seconds=120)
    os.killpg(platform.roles["worker-default"], signal.SIGKILL)
    seen, written, _ = state(platform)
    assert (seen, written < ROWS) == ("importing", True)
    assert platform.rows(
        "SELECT sum(utterance_count) FROM curation_character c JOIN "
        "curation_project p ON p.id = c.project_id WHERE slug = 'killed'"
    ) == [(0,)]
    wait_for("the import again", lambda: state(platform)[0] == "imported", seconds=240)
    assert state(platform)[2] == 2
    assert platform.rows(CONTENT.format(name="killed")) == whole
