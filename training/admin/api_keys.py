"""API keys for admins: whose they are and when they were used; they can be taken back."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from curation.access import signed_in
from training.domain.api_keys import ApiKeyError, revoke_api_key
from training.models import ApiKey


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin[ApiKey]):
    """Keys are made by people for themselves; nobody can read one again."""

    list_display = ["name", "prefix", "user", "last_used_at", "expires_at", "revoked_at"]
    list_filter = ["revoked_at", "may_train"]
    list_select_related = ["user"]
    search_fields = ["name", "prefix", "user__username"]
    exclude = ["key_sha256"]
    actions = ["revoke"]

    @admin.action(description="Revoke the chosen keys", permissions=["delete"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        """Take keys back; those that are revoked already stay so."""
        count = 0
        for key in queryset:
            try:
                revoke_api_key(key, actor=signed_in(request))
            except ApiKeyError:
                continue
            count += 1
        messages.success(request, f"{count} key{'' if count == 1 else 's'} revoked.")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False

    def get_actions(self, request: HttpRequest) -> dict[str, object]:  # type: ignore[override]
        """Offer revoking only: the rows stay as part of the record."""
        found = super().get_actions(request)
        return {name: action for name, action in found.items() if name == "revoke"}
