"""Copies of the rows of B13, made by the database: each with keys of its own.

Not a bench itself.
"""

from __future__ import annotations

from typing import Any

TILE_STEP, PROJECT_STEP = 1_000_000, 100_000_000  # between the keys of copies
RECORDS = 1_360  # of a tile's dataset


def multiply(*, tiles: int, projects: int) -> None:
    """Make the one tile so many tiles of its project, and the project so many projects."""
    from django.core.management.color import no_style
    from django.db import connection

    is_postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if is_postgresql:
            cursor.execute("SET session_replication_role = replica")  # what is copied refers well
        for number in range(1, tiles):
            _copy(cursor, _in_project(), TILE_STEP, number)
        _say_sizes(cursor, tiles)
        for number in range(1, projects):
            _copy(cursor, _all(), PROJECT_STEP, number)
        if is_postgresql:
            cursor.execute("SET session_replication_role = DEFAULT")
            for statement in connection.ops.sequence_reset_sql(no_style(), _all()):
                cursor.execute(statement)
            cursor.execute("ANALYZE")


def _in_project() -> list[Any]:
    """Return the tables of which a larger project has more rows, those referred to first."""
    from curation import models

    return [
        models.Episode,
        models.Utterance,
        models.Segmentation,
        models.Boundary,
        models.Assignment,
        models.Dialogue,
        models.DialogueUtterance,
        models.DialogueRevision,
        models.Review,
        models.Activity,
        models.Thread,
        models.Comment,
        models.Notification,
        models.DatasetRecord,
    ]


def _all() -> list[Any]:
    from curation import models

    heads = [models.Project, models.Script, models.Character, models.DatasetVersion]
    # What the people of the measured project are told of is told of there.
    return [*heads, *(one for one in _in_project() if one is not models.Notification)]


def _copy(cursor: Any, models: list[Any], step: int, number: int) -> None:
    """Copy the first rows, and what refers to them, so many steps further on."""
    for model in models:
        fields = model._meta.concrete_fields
        columns = ", ".join(f'"{one.column}"' for one in fields)
        values = ", ".join(_copied(one, models, step, number) for one in fields)
        table = model._meta.db_table
        cursor.execute(
            f'INSERT INTO "{table}" ({columns}) SELECT {values} FROM "{table}" WHERE id < {step}'
        )


def _copied(one: Any, models: list[Any], step: int, number: int) -> str:
    """Return what a column of the copy holds."""
    column, name = f'"{one.column}"', (one.model.__name__, one.name)
    refers = one.is_relation and one.related_model in models
    if one.primary_key or refers or name == ("Activity", "target_id"):
        return f"{column} + {step * number}"
    changed = {
        ("Notification", "read_at"): "COALESCE(read_at, created_at)",  # the latest are unread
        ("Project", "slug"): f"{column} || '-{number}'",
    }
    if step == TILE_STEP:
        changed |= {
            ("Episode", "season_number"): f"{column} + {number}",
            ("DatasetRecord", "position"): f"{column} + {number * RECORDS}",
        }
    return changed.get(name, column)


def _say_sizes(cursor: Any, tiles: int) -> None:
    """Let what keeps a number of rows say the new one."""
    for table, name in (
        ("curation_script", "utterance_count"),
        ("curation_character", "utterance_count"),
        ("curation_datasetversion", "train_count"),
    ):
        cursor.execute(f"UPDATE {table} SET {name} = {name} * {tiles}")
