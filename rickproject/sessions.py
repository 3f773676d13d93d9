"""Sessions in the database, read by a query that is kept in SQL; every request reads one."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import db
from django.utils import timezone

from rickproject.lib.kept_queries import Given, KeptQuery


class SessionStore(db.SessionStore):
    """Django's own store but for the one query; logging out ends a session at once."""

    def _get_session_from_db(self) -> Any:
        found = _SESSION.first(key=self.session_key or "")
        if found is None or found.expire_date <= timezone.now():
            self._session_key = None
            return None
        return found


_SESSION: KeptQuery[Any] = KeptQuery(
    lambda: SessionStore.get_model_class().objects.filter(session_key=Given("key"))
)
