"""Connections to providers: checked, their keys sealed, every change recorded."""

from django.contrib.auth.models import User
from django.db import transaction

from curation.domain.activity import record_activity
from rickproject.lib.sealed import seal
from training.errors import TrainingError
from training.models import FineTuneJob, ModelVersion, ProviderConnection
from training.providers.allowed_hosts import require_allowed_host
from training.providers.capabilities import LOCAL, OPENAI
from training.providers.errors import ProviderError
from training.providers.outbound import parse_origin
from training.queries.connections import capability_row

RESERVED = frozenset({LOCAL, OPENAI})
SHOWN = 4
LONGEST_KEY = 500


class ConnectionRuleError(TrainingError):
    """A connection cannot be kept like this."""

    code = "connection"


def check_connection(row: ProviderConnection, *, new_key: str = "") -> None:
    """Refuse a connection that could not be used or must not be; nothing is stored or asked.

    Args:
        row: as it would be stored.
        new_key: empty keeps the stored one.

    Raises:
        ConnectionRuleError: with a sentence that says what to change.
    """
    if row.key in RESERVED:
        raise ConnectionRuleError(
            f"{row.key!r} is taken by the installation itself; choose another."
        )
    try:
        require_allowed_host(row.base_url)
        capability_row(row)
    except ProviderError as error:
        raise ConnectionRuleError(str(error)) from error
    if len(new_key) > LONGEST_KEY or not new_key.isascii() or any(c.isspace() for c in new_key):
        raise ConnectionRuleError("The key has a character that no key has; copy it again.")
    before = ProviderConnection.objects.filter(pk=row.pk).first() if row.pk else None
    if not before:
        return
    if before.key != row.key:
        raise ConnectionRuleError("The short name never changes: jobs and prices hold it.")
    has_moved = parse_origin(before.base_url) != parse_origin(row.base_url)
    if has_moved and before.sealed_key and not new_key:
        raise ConnectionRuleError(
            "The address leads to another server; enter the key again, so that no key goes to a "
            "server that it was not meant for."
        )


@transaction.atomic
def save_connection(
    row: ProviderConnection, *, actor: User, new_key: str = "", new_webhook_secret: str = ""
) -> ProviderConnection:
    """Store a connection; a new key or secret is sealed and never shown again.

    Raises:
        ConnectionRuleError: as :func:`check_connection`.
    """
    check_connection(row, new_key=new_key)
    is_new = row.pk is None
    if new_key:
        row.sealed_key = seal(new_key)
        row.key_end = new_key[-SHOWN:] if len(new_key) >= 4 * SHOWN else ""
    if new_webhook_secret:
        row.sealed_webhook_secret = seal(new_webhook_secret)
    row.save()
    record_activity(
        "connection.made" if is_new else "connection.changed",
        project=None,
        actor=actor,
        target=row,
        host=parse_origin(row.base_url).host,
        has_new_key=bool(new_key),
    )
    return row


def is_in_use(row: ProviderConnection) -> bool:
    """Return whether jobs or models name a connection; then it can be closed, not deleted."""
    return (
        FineTuneJob.objects.filter(provider=row.key).exists()
        or ModelVersion.objects.filter(provider=row.key).exists()
    )
