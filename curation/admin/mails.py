"""E-mail that waits and that was given up, for the operator: why, never what it says. Read only."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from curation.models import OutgoingMail, SealedMail

GIVEN_UP = "yes"


class _ReadOnly(admin.ModelAdmin[Any]):
    """Looked at, never written: the workers and their sweeps own these rows."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(OutgoingMail)
class OutgoingMailAdmin(_ReadOnly):
    """Mails of notifications; who gets none finds the notification in the page all the same."""

    list_display = ["created_at", "user", "state", "attempts", "error_detail", "updated_at"]
    list_filter = ["state", "created_at"]
    list_select_related = ["user"]
    search_fields = ["user__username", "user__email"]
    exclude = ["lease_owner", "lease_until"]


class GivenUpFilter(admin.SimpleListFilter):
    """Those that nobody gets any more, or those that wait."""

    title = "given up"
    parameter_name = "given_up"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(GIVEN_UP, "given up"), ("no", "waiting")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[SealedMail]
    ) -> QuerySet[SealedMail]:
        """Keep one of the two; another word keeps all."""
        if self.value() not in (GIVEN_UP, "no"):
            return queryset
        return queryset.filter(failed_at__isnull=self.value() == "no")


@admin.register(SealedMail)
class SealedMailAdmin(_ReadOnly):
    """Mails of accounts: sealed while they wait, emptied when given up, gone when sent."""

    list_display = ["created_at", "failed_at", "attempts", "error", "next_try_at"]
    list_filter = [GivenUpFilter]
    ordering = ["-pk"]
    exclude = ["sealed"]
