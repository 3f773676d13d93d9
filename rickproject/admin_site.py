"""Django's admin, with every action in the audit log."""

import json
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from curation.domain.activity import record_activity
from curation.models import Project


class Audited:
    """Writes what the admin logs into the audit log, too; values are never in it."""

    def log_addition(self, request: HttpRequest, obj: models.Model, message: Any) -> Any:
        """Log a new row."""
        _record("admin.added", request, obj, message)
        return super().log_addition(request, obj, message)  # type: ignore[misc]

    def log_change(self, request: HttpRequest, obj: models.Model, message: Any) -> Any:
        """Log a changed row, with the names of the fields."""
        _record("admin.changed", request, obj, message)
        return super().log_change(request, obj, message)  # type: ignore[misc]

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Log rows about to be deleted."""
        for obj in queryset:
            _record("admin.deleted", request, obj, "")
        return super().log_deletions(request, queryset)  # type: ignore[misc]


class Site(admin.AdminSite):
    """The one admin site; every model's pages are audited, whichever library they come from."""

    site_title = site_header = "rickproject admin"
    index_title = "Administration"
    enable_nav_sidebar = False

    def password_change(  # type: ignore[override]  # a redirect instead of a page
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Send to the page of one's account, which ends other logins and is logged."""
        return redirect("account_change_password")

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Register a model with pages that write into the audit log."""
        base = admin_class or admin.ModelAdmin
        if not issubclass(base, Audited):
            base = type(base.__name__, (Audited, base), {"__module__": base.__module__})
        super().register(model_or_iterable, base, **options)


def _record(verb: str, request: HttpRequest, obj: models.Model, message: Any) -> None:
    if not isinstance(request.user, User):
        return
    project = obj if isinstance(obj, Project) else getattr(obj, "project", None)
    if verb == "admin.deleted" and project is obj:
        project = None  # its own steps go with it
    record_activity(
        verb,
        project=project if isinstance(project, Project) else None,
        actor=request.user,
        target=obj,
        kind=obj._meta.verbose_name and str(obj._meta.verbose_name),
        fields=_fields(message),
    )


def _fields(message: Any) -> list[str]:
    """Return the names of the fields in a log message of the admin."""
    parts = json.loads(message) if isinstance(message, str) and message[:1] == "[" else message
    if not isinstance(parts, list):
        return []
    return [word for part in parts for change in part.items() for word in _changed(*change)]


def _changed(what: str, change: dict[str, Any]) -> list[str]:
    """Word one change: fields of the row itself, or a row that hangs on it, such as a role."""
    if "name" in change:
        fields = ", ".join(change.get("fields", []))
        return [f"{what} {change['name']} “{change.get('object', '')}” {fields}".strip()]
    return [str(field) for field in change.get("fields", [])]
