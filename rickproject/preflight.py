"""What must be true before the processes start; each failure is one sentence."""

import socket
from pathlib import Path

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from rickproject.broker import BrokerError, answers, find_server, without_password


class PreflightError(Exception):
    """Something is not ready; the text says what to do."""


def pending_migrations() -> list[str]:
    """Return the migrations that the database lacks.

    Raises:
        PreflightError: the database does not answer.
    """
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        raise PreflightError(
            f"The database does not answer ({str(error).strip().splitlines()[0]}). "
            "Check DATABASE_URL and that the server runs."
        ) from error
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def require_migrated_database() -> None:
    """Raise PreflightError unless every migration is applied."""
    if pending := pending_migrations():
        raise PreflightError(
            f"The database lacks {len(pending)} migration{'s' if len(pending) > 1 else ''} "
            f"({pending[0]} first). Run: python manage.py migrate"
        )


def require_free_port(host: str, port: int) -> None:
    """Raise PreflightError when somebody listens on the port already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PreflightError(
                f"Port {port} on {host} cannot be used ({error.strerror}). Stop what listens "
                f"there, or choose another: python manage.py up --port {port + 1}"
            ) from error


def require_broker(redis_url: str) -> None:
    """Raise PreflightError when the operator's broker does not answer."""
    if not answers(redis_url):
        raise PreflightError(
            f"The broker at {without_password(redis_url)} does not answer. Start it, check "
            "REDIS_URL, or unset REDIS_URL to use the embedded one."
        )


def broker_server() -> Path:
    """Return the embedded broker's binary or raise PreflightError."""
    try:
        return find_server()
    except BrokerError as error:
        raise PreflightError(str(error)) from error
