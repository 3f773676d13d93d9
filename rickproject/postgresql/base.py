"""Django's PostgreSQL, whose server may keep the plans of queries that we keep in SQL.

Django sends values inside the statements, so the server plans each of them anew; for a query that
joins four tables that takes longer than answering it. All other statements go Django's way.
"""

from typing import Any

from django.db.backends.postgresql import base

KEPT = "kept"


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection with a second kind of cursor."""

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
