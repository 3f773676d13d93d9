"""Fine-tuning jobs for admins: everything to be read, nothing to be changed."""

from django.contrib import admin
from django.http import HttpRequest

from training.models import FineTuneJob


@admin.register(FineTuneJob)
class FineTuneJobAdmin(admin.ModelAdmin[FineTuneJob]):
    """Jobs are started and stopped on the site, where the rules are kept."""

    list_display = ["pk", "project", "provider", "base_model", "state", "cost_usd", "created_by"]
    list_filter = ["state", "provider", "project"]
    list_select_related = ["project", "created_by"]
    date_hierarchy = "created_at"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: FineTuneJob | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: FineTuneJob | None = None) -> bool:
        return False
