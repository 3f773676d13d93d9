"""Pages of long lists whose rows nobody counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet

from rickproject.lib.numbers import is_key

Row = TypeVar("Row", bound=Model)
LAST_PAGE = 1_000_000  # an address may name any number


@dataclass(frozen=True, slots=True)
class OpenPage(Generic[Row]):
    """One page of rows, and whether more follow; templates use it like a page of Django's.

    Attributes:
        number: from 1.
        size: the most rows of a page.
    """

    object_list: list[Row]
    number: int
    size: int
    has_next: bool

    @property
    def has_previous(self) -> bool:
        """Whether there is a page before."""
        return self.number > 1

    @property
    def has_other_pages(self) -> bool:
        """Whether this is not all."""
        return self.has_previous or self.has_next

    @property
    def previous_page_number(self) -> int:
        """The number of the page before."""
        return self.number - 1

    @property
    def next_page_number(self) -> int:
        """The number of the page after."""
        return self.number + 1

    @property
    def start_index(self) -> int:
        """The place of the first row in the whole list, from 1."""
        return (self.number - 1) * self.size + 1

    @property
    def end_index(self) -> int:
        """The place of the last row in the whole list."""
        return self.start_index + len(self.object_list) - 1


def open_page(rows: QuerySet[Row], *, number: str | None, size: int) -> OpenPage[Row]:
    """Return one page of rows in their order, in two queries: keys first, then those rows.

    Nothing is counted, and what the rows are joined with is read for this page alone; a filter may
    be dear, because it is tried until the page is full.

    Args:
        rows: in an order that is the same each time, as its last key is unique.
        number: as the address has it; what makes no sense is the first page.
        size: the most rows of a page.
    """
    asked = min(int(number), LAST_PAGE) if number and is_key(number) else 1
    start = (max(1, asked) - 1) * size
    keys = list(rows.select_related(None).values_list("pk", flat=True)[start : start + size + 1])
    if not keys and start:
        return open_page(rows, number=None, size=size)
    found = rows.model._default_manager.none() if not keys else _those(rows, keys[:size])
    by_key = {row.pk: row for row in found}
    shown = [by_key[key] for key in keys[:size] if key in by_key]
    return OpenPage(shown, max(1, asked), size, has_next=len(keys) > size)


def _those(rows: QuerySet[Row], keys: list[int]) -> QuerySet[Row]:
    """Return the rows with these keys, loaded with what the whole list is loaded with."""
    found: QuerySet[Row] = rows.model._default_manager.filter(pk__in=keys)
    found.query.select_related = rows.query.select_related
    return found
