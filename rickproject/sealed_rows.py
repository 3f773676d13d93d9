"""All that is stored sealed: keys of apps and providers, seeds of recovery codes, waiting mail."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Model, QuerySet

from curation.models import SealedMail
from rickproject.lib.sealed import SealAge, age_of, reseal
from training.models import ProviderConnection

BATCH = 500
SEALED_COLUMNS: dict[type[Model], tuple[str, ...]] = {
    SealedMail: ("sealed",),
    ProviderConnection: ("sealed_key", "sealed_webhook_secret"),
}
SEALED_NAMES = ("secret", "seed", "migrated_codes")  # of an authenticator's data


@dataclass(frozen=True, slots=True)
class SealCount:
    """How many stored secrets there are under each key.

    Attributes:
        newest: sealed with the first key.
        older: sealed with another of the keys; after a rotation, those that it sealed anew.
        unreadable: sealed with a key that is not among them.
    """

    newest: int = 0
    older: int = 0
    unreadable: int = 0

    def with_all(self, ages: Iterator[SealAge]) -> "SealCount":
        """Return the count with these secrets added."""
        found = list(ages)
        return SealCount(
            newest=self.newest + found.count(SealAge.NEWEST),
            older=self.older + found.count(SealAge.OLDER),
            unreadable=self.unreadable + found.count(SealAge.UNREADABLE),
        )


def count_seals() -> SealCount:
    """Count what is stored by the key that opens it; writes nothing."""
    count = SealCount()
    for rows in _every_row():
        for row in rows.iterator(chunk_size=BATCH):
            count = count.with_all(age_of(one) for one in _secrets(row))
    return count


def rotate_seals() -> SealCount:
    """Seal everything that an older key sealed anew with the first one, a batch a transaction.

    Each row is held while it is rewritten, so that a code used or a mail sent meanwhile is not
    undone. What no key opens stays as it is. A second run finds nothing to do.
    """
    count = SealCount()
    for rows in _every_row():
        keys = list(rows.order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(keys), BATCH):
            with transaction.atomic():
                held = rows.select_for_update().filter(pk__in=keys[start : start + BATCH])
                for row in held.order_by("pk"):
                    ages = [age_of(one) for one in _secrets(row)]
                    count = count.with_all(iter(ages))
                    if SealAge.OLDER in ages:
                        _seal_anew(row)
    return count


def _authenticators() -> QuerySet[Any]:
    every: QuerySet[Any] = Authenticator.objects.all()
    return every


def _every_row() -> tuple[QuerySet[Any], ...]:
    mails = SealedMail.objects.exclude(sealed="")
    return _authenticators(), mails, ProviderConnection.objects.all()


def _secrets(row: Model) -> list[str]:
    if columns := SEALED_COLUMNS.get(type(row)):
        return [sealed for name in columns if (sealed := getattr(row, name))]
    found: list[str] = []
    for name in SEALED_NAMES:
        value = row.data.get(name, [])  # type: ignore[attr-defined]  # an Authenticator
        found += [value] if isinstance(value, str) else value
    return found


def _seal_anew(row: Model) -> None:
    if columns := SEALED_COLUMNS.get(type(row)):
        for name in columns:
            if sealed := getattr(row, name):
                setattr(row, name, reseal(sealed))
        row.save(update_fields=columns)
        return
    data = row.data  # type: ignore[attr-defined]
    for name in SEALED_NAMES:
        value = data.get(name)
        if isinstance(value, str):
            data[name] = reseal(value)
        elif value:
            data[name] = [reseal(one) for one in value]
    row.save(update_fields=["data"])
