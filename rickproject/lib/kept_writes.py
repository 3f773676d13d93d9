"""Inserts and updates that Django puts into SQL once, beside the queries of ``kept_queries``.

For the few rows that every save writes. No signals are sent and nothing else is saved with a row;
values go through their fields, as with Django's own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db.models import Field, Model, QuerySet
from django.db.models.sql import UpdateQuery

from rickproject.lib.kept_queries import Given

Row = TypeVar("Row", bound=Model)


def _cursor() -> Any:
    return getattr(connection, "kept_cursor", connection.cursor)()


class KeptInsert(Generic[Row]):
    """Makes rows of one table whose key the database gives."""

    def __init__(self, model: type[Row]) -> None:
        self._model = model

    def create(self, **values: Any) -> Row:
        """Write a row and return it, as ``objects.create`` does."""
        row = self._model(**values)
        sql, fields = self._sql
        given = [one.get_db_prep_save(one.pre_save(row, add=True), connection) for one in fields]
        with transaction.mark_for_rollback_on_error(), _cursor() as cursor:
            cursor.execute(sql, given)
            row.pk = cursor.fetchone()[0]
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS  # noqa: SLF001  # as Django does
        return row

    @cached_property
    def _sql(self) -> tuple[str, list[Field[Any, Any]]]:
        meta, quote = self._model._meta, connection.ops.quote_name  # Django's name
        fields = [one for one in meta.concrete_fields if not one.primary_key]
        columns = ", ".join(quote(str(one.column)) for one in fields)
        places = ", ".join(["%s"] * len(fields))
        key = quote(str(meta.pk.column))
        into = f"INSERT INTO {quote(meta.db_table)} ({columns})"  # names of ours
        text = f"{into} VALUES ({places}) RETURNING {key}"
        return text, fields


class KeptUpdate:
    """An update of some columns of the rows of a queryset, with values given later.

    Args:
        make: returns the queryset, with :class:`Given` in its filters; called once.
        columns: names of the fields that are set, each from a value of the same name.
    """

    def __init__(self, make: Callable[[], QuerySet[Any, Any]], *columns: str) -> None:
        self._make, self._columns = make, columns

    def run(self, **values: Any) -> int:
        """Change the rows found by the values; return how many there were."""
        text, parameters, fields = self._sql
        given = []
        for one in parameters:
            value = values[one.name] if isinstance(one, Given) else one
            field = fields.get(one.name) if isinstance(one, Given) else None
            given.append(field.get_db_prep_save(value, connection) if field else value)
        with transaction.mark_for_rollback_on_error(), _cursor() as cursor:
            cursor.execute(text, given)
            return int(cursor.rowcount)

    @cached_property
    def _sql(self) -> tuple[str, tuple[Any, ...], dict[str, Field[Any, Any]]]:
        queryset = self._make().order_by()
        query: Any = queryset.query.chain(UpdateQuery)
        query.add_update_values({name: Given(f"set_{name}") for name in self._columns})
        text, parameters = query.get_compiler(DEFAULT_DB_ALIAS).as_sql()
        meta = queryset.model._meta  # Django's name
        return text, tuple(parameters), {f"set_{n}": meta.get_field(n) for n in self._columns}
