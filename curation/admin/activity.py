"""The audit log: who did what and when, in projects, accounts and the admin. Read only."""

from textwrap import shorten
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from curation.domain.activity import record_activity
from curation.models import Activity
from rickproject.config import get_config
from rickproject.lib.csv_text import write_csv

MOST_ROWS = 50_000
MOST_LETTERS = 120
HEADER = ("when (UTC)", "who", "did", "to", "project", "address", "detail")
KINDS = (
    ("account", "logins and accounts"),
    ("invitation", "invitations"),
    ("member", "people and roles"),
    ("admin", "the admin"),
    ("project", "projects"),
    ("guidelines", "guidelines"),
    ("script", "scripts"),
    ("character", "characters"),
    ("scenes", "scenes"),
    ("suggestions", "suggested scenes"),
    ("note", "context notes"),
    ("dialogue", "dialogues"),
    ("thread", "comments"),
    ("work", "who works on what"),
    ("dataset", "datasets"),
    ("export", "exports"),
    ("job", "training"),
    ("model", "models"),
)


class KindFilter(admin.SimpleListFilter):
    """By what a step is about: the noun of its verb."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer each noun by name."""
        return list(KINDS)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Activity]) -> QuerySet[Activity]:
        """Keep the steps of the chosen noun; another word keeps none."""
        kind = self.value()
        return queryset.filter(verb__startswith=f"{kind}.") if kind else queryset


@admin.register(Activity)
class ActivityAdmin(admin.ModelAdmin[Activity]):
    """All steps, newest first, with filters and a table to take away."""

    list_display = ["created_at", "actor", "step", "target_label", "project", "address", "more"]
    list_filter = [
        KindFilter,
        "project",
        ("actor", admin.RelatedOnlyFieldListFilter),
        "created_at",
    ]
    search_fields = ["verb", "target_label", "actor__username"]
    list_select_related = ["project", "actor"]
    show_full_result_count = False
    change_list_template = "admin/curation/activity/log.html"

    @admin.display(description="step", ordering="verb")
    def step(self, step: Activity) -> str:
        """What was done, as words: ``account.logged_in`` is “account logged in”."""
        return step.verb.replace(".", " ").replace("_", " ")

    @admin.display(description="from")
    def address(self, step: Activity) -> str:
        """Where it came from, for logins."""
        return str(step.detail.get("address", ""))

    @admin.display(description="more")
    def more(self, step: Activity) -> str:
        """What else is known of it, shortened."""
        return shorten(_detail(step), MOST_LETTERS, placeholder=" …")

    def get_urls(self) -> list[URLPattern]:
        table = path("csv/", self.admin_site.admin_view(self.table), name="curation_activity_table")
        return [table, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, and say how long it is kept."""
        context = {
            "title": "Audit log: who did what and when",
            "days": get_config().account_log_days,
        }
        return super().changelist_view(request, context | (extra_context or {}))

    def table(self, request: HttpRequest) -> HttpResponse:
        """Answer what the filters leave as CSV, newest first, formulas escaped."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        steps = self.get_changelist_instance(request).get_queryset(request)
        rows = [_row(step) for step in steps[:MOST_ROWS].iterator(chunk_size=2000)]
        if len(rows) == MOST_ROWS:
            rows.append(("older rows are left out; narrow the filters", *[""] * 6))
        record_activity(
            "admin.audit_log_taken",
            project=None,
            actor=request.user,  # type: ignore[arg-type]  # the admin lets nobody else in
            target=request.user,  # type: ignore[arg-type]
            rows=len(rows),
        )
        response = HttpResponse(write_csv(HEADER, rows), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = 'attachment; filename="audit-log.csv"'
        return response

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Activity | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Activity | None = None) -> bool:
        return False


def _detail(step: Activity) -> str:
    more = {name: value for name, value in step.detail.items() if name != "address"}
    return "; ".join(f"{name}: {value}" for name, value in sorted(more.items()) if value)


def _row(step: Activity) -> tuple[str, ...]:
    return (
        f"{step.created_at:%Y-%m-%d %H:%M:%S}",
        step.actor.username if step.actor else "",
        step.verb,
        step.target_label,
        step.project.name if step.project else "",
        str(step.detail.get("address", "")),
        _detail(step),
    )
