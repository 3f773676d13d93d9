"""Many rows at once, past the model objects: half the time of an import was making them."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model


def insert_rows(model: type[Model], fields: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows of plain values; every field without a value in the table must be named.

    Uses COPY on PostgreSQL, one prepared statement elsewhere. Names come from the model alone.

    Args:
        fields: names of the model's fields; foreign keys take primary keys.
    """
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    concrete = {field.name: field.column for field in model._meta.concrete_fields}
    columns = ", ".join(quote(str(concrete[name])) for name in fields)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(fields))
            cursor.executemany(
                f"INSERT INTO {table} ({columns}) VALUES ({marks})",  # noqa: S608  # our names
                rows,
            )


def update_rows(model: type[Model], assignments: str, rows: Iterable[Sequence[Any]]) -> None:
    """Run one UPDATE by primary key for many rows, always in the order of their keys.

    Two transactions that lock the same rows in different orders would wait for each other.

    Args:
        assignments: SQL of ours with a mark for each value, such as ``colour = %s``.
        rows: the values in order, then the primary key.
    """
    table = connection.ops.quote_name(model._meta.db_table)
    in_order: list[Sequence[Any]] = sorted(rows, key=lambda row: int(row[-1]))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {table} SET {assignments} WHERE id = %s",  # noqa: S608  # our own SQL
            in_order,
        )
