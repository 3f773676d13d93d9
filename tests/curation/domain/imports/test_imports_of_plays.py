"""Real plays as files of every text format: what comes out is what went in."""

import csv
import io
import json

import pytest

from curation.domain import imports
from curation.domain.script_files import normalise_name
from curation.enums import ScriptState
from curation.models import Project, Utterance
from tests.scripts_data import Play, german, shakespeare

pytestmark = [pytest.mark.data, pytest.mark.django_db]
COLUMNS = ("speaker", "text", "episode", "index")


def as_records(plays: list[Play]) -> list[dict[str, object]]:
    return [
        {"speaker": row.speaker, "text": row.line, "episode": number, "index": at}
        for number, play in enumerate(plays, 1)
        for at, row in enumerate(play.rows)
    ]


def as_csv(records: list[dict[str, object]]) -> bytes:
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, COLUMNS)
    table.writeheader()
    table.writerows(records)
    return text.getvalue().encode("utf-8-sig")


def as_json_lines(records: list[dict[str, object]]) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


@pytest.mark.parametrize(("read", "rows"), [(shakespeare, 8_464), (german, 10_007)])
@pytest.mark.parametrize(("name", "write"), [("p.csv", as_csv), ("p.jsonl", as_json_lines)])
def test_plays_come_out_as_they_went_in(project: Project, read, rows, name: str, write) -> None:
    records = as_records(read())
    assert len(records) == rows
    script = imports.receive_script(
        project,
        user=project.created_by,
        file_name=name,
        content=[write(records)],
        mapping={column: column for column in COLUMNS},
        in_background=False,
    )
    imports.check_script(script.pk)
    script.refresh_from_db()
    assert (script.state, script.rows_total) == (ScriptState.CHECKED, rows), script.error_detail
    imports.confirm_import(script, user=project.created_by, in_background=False)
    imports.import_script(script.pk)
    found = Utterance.objects.filter(episode__script=script).order_by(
        "episode__episode_number", "position"
    )
    assert [
        (number, index, name, text)
        for number, index, name, text in found.values_list(
            "episode__episode_number", "source_index", "character__normalised_name", "text"
        )
    ] == [
        (row["episode"], row["index"], normalise_name(str(row["speaker"])), row["text"])
        for row in records
    ]
