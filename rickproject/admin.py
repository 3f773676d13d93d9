"""People in the admin: what an admin does for somebody who is locked out, or has to be."""

from typing import Any

from allauth.account import admin as _account_admin
from allauth.account.models import EmailConfirmation
from allauth.mfa import admin as _mfa_admin
from allauth.mfa.models import Authenticator
from allauth.socialaccount import admin as _social_admin
from allauth.socialaccount.models import SocialApp, SocialToken
from allauth.usersessions import admin as _sessions_admin
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest

from curation.domain.activity import record_activity
from rickproject.accounts.logins import end_logins

# Loaded so that they register now, and are taken off again: they would show session keys, sealed
# secrets, or hosts to reach that the operator's settings do not name.
assert all((_account_admin, _mfa_admin, _social_admin, _sessions_admin))  # noqa: S101
for _model in (Authenticator, EmailConfirmation, SocialApp, SocialToken, UserSession):
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)
admin.site.unregister(User)


@admin.register(User)
class PersonAdmin(UserAdmin[User]):
    """Django's pages of users, with two ways to help."""

    actions = ["end_all_logins", "take_second_step_off"]

    @admin.action(description="End all logins", permissions=["change"])
    def end_all_logins(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Log the chosen people out everywhere."""
        for person in queryset:
            end_logins(person)
            self._note("account.logins_ended", request, person)
        messages.success(request, f"Logged out everywhere: {_names(queryset)}.")

    @admin.action(description="Take the second step off (phone lost)", permissions=["change"])
    def take_second_step_off(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Let people in again whose app and codes are lost."""
        for person in queryset:
            Authenticator.objects.filter(user=person).delete()
            self._note("account.second_step_taken_off", request, person)
        messages.success(request, f"The second step is off for {_names(queryset)}.")

    @staticmethod
    def _note(verb: str, request: HttpRequest, person: User) -> None:
        actor: Any = request.user
        record_activity(verb, project=None, actor=actor, target=person)


def _names(people: QuerySet[User]) -> str:
    return ", ".join(person.username for person in people)
