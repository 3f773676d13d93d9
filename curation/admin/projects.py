"""Projects, their people and the audit log."""

from django.contrib import admin
from django.http import HttpRequest

from curation.models import Activity, Membership, Project


class MembershipInline(admin.TabularInline[Membership, Project]):
    model = Membership
    extra = 0
    autocomplete_fields = ["user"]


@admin.register(Project)
class ProjectAdmin(admin.ModelAdmin[Project]):
    list_display = ["name", "slug", "created_by", "created_at"]
    search_fields = ["name", "slug"]
    readonly_fields = ["slug", "created_by", "created_at"]
    inlines = [MembershipInline]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Projects are made on the site, where their maker becomes the manager."""
        return False


@admin.register(Activity)
class ActivityAdmin(admin.ModelAdmin[Activity]):
    """The audit log: to be read only."""

    list_display = ["created_at", "project", "actor", "verb", "target_label"]
    list_filter = ["verb", "project"]
    search_fields = ["target_label", "actor__username"]
    list_select_related = ["project", "actor"]
    date_hierarchy = "created_at"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Activity | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Activity | None = None) -> bool:
        return False
