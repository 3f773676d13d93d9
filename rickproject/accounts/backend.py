"""Accounts, read by a query that is kept in SQL; every request reads one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth import get_user_model

from rickproject.lib.kept_queries import Given, KeptQuery

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class Accounts(AuthenticationBackend):
    """Allauth's backend but for the one query; closing an account ends its sessions at once."""

    def get_user(self, user_id: int) -> User | None:
        """Return the account of a session, None if it was deleted or closed."""
        user = _ACCOUNT.first(pk=user_id)
        return user if user and self.user_can_authenticate(user) else None


_ACCOUNT: KeptQuery[User] = KeptQuery(
    lambda: get_user_model().objects.filter(pk=Given("pk")).order_by()
)
