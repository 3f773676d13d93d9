"""Django's PostgreSQL with fewer and cheaper questions.

Django sends values inside the statements, so the server plans each of them anew; for a query that
joins four tables that takes longer than answering it. Queries that we keep in SQL are prepared
instead; all other statements go Django's way. And before the first statement of a request Django
asks the server whether it is there, which it would have said itself if it had gone.
"""

import select
from typing import Any

from django.db.backends.postgresql import base

KEPT = "kept"


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection with a second kind of cursor, which listens before it asks."""

    def kept_cursor(self) -> Any:
        """Return a cursor whose statements are planned once and sent without their values.

        Where statements are logged it is an ordinary one, so that their values are too.
        """
        return self.cursor() if self.queries_logged else self._cursor(KEPT)  # type: ignore[attr-defined]

    def create_cursor(self, name: str | None = None) -> Any:
        """Make a cursor; psycopg prepares what comes often."""
        if name == KEPT:
            return base.ServerBindingCursor(self.connection)  # type: ignore[call-arg]
        return super().create_cursor(name)

    def is_usable(self) -> bool:
        """Ask the server after an error, or if it has sent what nobody asked for: its farewell."""
        if self.connection is None or self.connection.closed:
            return False
        news = select.poll()
        news.register(self.connection.fileno(), select.POLLIN)
        if not self.errors_occurred and not news.poll(0):
            return True
        return bool(super().is_usable())
