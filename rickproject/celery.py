"""The Celery application: workers carry ids only, the truth is in the rows."""

import os

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rickproject.settings")

app = Celery("rickproject")
app.config_from_object("django.conf:settings", namespace="CELERY")


@signals.setup_logging.connect
def _keep_our_logging(**_kwargs: object) -> None:
    """A receiver is enough: Celery then leaves the logging that Django has set up alone."""


@signals.worker_process_init.connect
def _close_inherited_connections(**_kwargs: object) -> None:
    """A connection (or a pool) that was opened before the fork must not be used after it."""
    from django.db import connections  # noqa: PLC0415  # settings are not read yet at import

    for connection in connections.all(initialized_only=True):
        connection.close()
        if close_pool := getattr(connection, "close_pool", None):
            close_pool()
