"""Queries that Django puts into SQL once and the database answers often.

Django writes the SQL of a queryset anew every time it is asked. On the few paths that a team walks
all day, such as saving a boundary, that took most of the time. A kept query is an ordinary queryset
with some values left open:

    EPISODE = KeptQuery(lambda: Episode.objects.filter(pk=Given("pk")).select_related("script"))
    episode = EPISODE.first(pk=7)

What it finds is the same as without; nothing that was found is kept.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Expression, Model, QuerySet
from django.db.models.query import ModelIterable, get_related_populators

Found = TypeVar("Found")
LIMIT = 2**63  # of the largest whole numbers that a database keeps


class Given(Expression):
    """A value that is known when the query is asked: a number or a text, by its name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, _compiler: Any, _connection: Any) -> tuple[str, tuple[Any, ...]]:
        """Leave a place open, and oneself in it."""
        return "%s", (self,)


class KeptQuery(Generic[Found]):
    """A queryset of model instances or of ``values_list`` rows, in SQL from its first use on.

    Not for prefetching, ``flat``, or annotations of instances; on the default database only.

    Args:
        make: returns the queryset; called once, when the apps are loaded.
    """

    def __init__(self, make: Callable[[], "QuerySet[Any, Found]"]) -> None:
        self._make = make

    def rows(self, **values: int | str) -> list[Found]:
        """Ask with values for every :class:`Given`; return all that is found.

        A value that no row can hold, such as a number out of an address that is longer than every
        key, finds nothing, as with Django's own lookups; a database would refuse the query.
        """
        if any(_is_in_no_row(value) for value in values.values()):
            return []
        sql = self._sql
        given: list[Any] = [
            values[one.name] if isinstance(one, Given) else one for one in sql.parameters
        ]
        with getattr(connection, "kept_cursor", connection.cursor)() as cursor:
            cursor.execute(sql.text, given)
            return list(sql.read(cursor.fetchall()))

    def first(self, **values: int | str) -> Found | None:
        """Return the first row found, None if there is none; nothing limits the query."""
        return next(iter(self.rows(**values)), None)

    @cached_property
    def _sql(self) -> "_Sql":
        return _Sql(self._make())


def _is_in_no_row(value: int | str) -> bool:
    return "\0" in value if isinstance(value, str) else not -LIMIT <= value < LIMIT


class _Sql:
    """What Django's compiler has found out about a queryset."""

    def __init__(self, queryset: "QuerySet[Any, Any]") -> None:
        self._compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        self.text, self.parameters = self._compiler.as_sql()
        columns = [column for column, *_ in self._compiler.select]
        self._converters = self._compiler.get_converters(columns)
        self._makes_models = queryset._iterable_class is ModelIterable  # noqa: SLF001
        if self._makes_models:
            facts: Any = self._compiler.klass_info
            self._model: type[Model] = facts["model"]
            self._columns = slice(facts["select_fields"][0], facts["select_fields"][-1] + 1)
            self._names = [column.target.attname for column in columns[self._columns]]
            self._related = get_related_populators(  # type: ignore[call-arg]  # stubs of Django 6
                facts, self._compiler.select, DEFAULT_DB_ALIAS
            )

    def read(self, rows: Iterable[Any]) -> Iterator[Any]:
        """Turn a database's rows into what the queryset would give."""
        if self._converters:
            rows = map(tuple, self._compiler.apply_converters(rows, self._converters))
        return map(self._as_instance, rows) if self._makes_models else iter(rows)

    def _as_instance(self, row: tuple[Any, ...]) -> Model:
        found = self._model.from_db(DEFAULT_DB_ALIAS, self._names, row[self._columns])
        for one in self._related:
            one.populate(row, found)
        return found
