"""Connections to providers, kept by superusers: entered, tested, closed."""

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone

from curation.access import signed_in
from training.domain.connections import is_in_use, save_connection
from training.forms.connections import RULES, SECRETS, ConnectionForm
from training.models import ProviderConnection
from training.providers.capabilities import OPENAI
from training.providers.connection_check import try_connection
from training.providers.errors import ProviderError
from training.providers.registry import Connection, connection_of, require_connection


@admin.register(ProviderConnection)
class ProviderConnectionAdmin(admin.ModelAdmin[ProviderConnection]):
    """An address that a key is sent to is the operator's matter: nobody but superusers."""

    form = ConnectionForm
    list_display = ["name", "key", "preset", "base_url", "key_ends", "is_open", "days_left"]
    fieldsets = [
        (None, {"fields": ["name", "key", "preset", "base_url", *SECRETS, "is_open"]}),
        (
            "What differs from the preset",
            {"fields": RULES, "description": "Empty is as the preset has it."},
        ),
    ]
    change_list_template = "admin/training/providerconnection/list.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.try_it)
        name = "training_providerconnection_check"
        return [path("check/<slug:key>/", view, name=name), *super().get_urls()]

    @admin.display(description="key")
    def key_ends(self, row: ProviderConnection) -> str:
        """Tell one key from another without showing it."""
        if not row.sealed_key:
            return "none yet"
        return f"…{row.key_end}" if row.key_end else "stored"

    @admin.display(description="new jobs")
    def days_left(self, row: ProviderConnection) -> str:
        """Count the days until the provider takes no more jobs."""
        connection = connection_of(row.key)
        return closing_words(connection) if connection else ""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        own = connection_of(OPENAI)
        context = {"own": own, "own_closing": closing_words(own) if own else ""}
        return super().changelist_view(request, context | (extra_context or {}))

    def try_it(self, request: HttpRequest, key: str) -> HttpResponse:
        """Ask before testing; test on POST, and say in words what came back."""
        if not self._is_operator(request) or (connection := connection_of(key)) is None:
            raise Http404
        context = self.admin_site.each_context(request) | {
            "title": f"Test {connection.capabilities.label}",
            "connection": connection,
            "closing": closing_words(connection),
            "opts": self.opts,
        }
        if request.method == "POST":
            try:
                found, api_key = require_connection(key)
            except ProviderError as error:
                context["refusal"] = str(error)
            else:
                context["result"] = try_connection(found.base_url, api_key)
        return render(request, "admin/training/providerconnection/check.html", context)

    def save_model(
        self,
        request: HttpRequest,
        obj: ProviderConnection,
        form: Any,
        change: bool,  # noqa: FBT001
    ) -> None:
        secrets = {name: form.cleaned_data[name] for name in SECRETS}
        save_connection(obj, actor=signed_in(request), **secrets)

    def get_readonly_fields(
        self, request: HttpRequest, obj: ProviderConnection | None = None
    ) -> tuple[str, ...]:
        return ("key",) if obj else ()

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer no deleting in bulk: it would pass by the rule below."""
        return {}

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._is_operator(request)

    def has_view_permission(
        self, request: HttpRequest, obj: ProviderConnection | None = None
    ) -> bool:
        return self._is_operator(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._is_operator(request)

    def has_change_permission(
        self, request: HttpRequest, obj: ProviderConnection | None = None
    ) -> bool:
        return self._is_operator(request)

    def has_delete_permission(
        self, request: HttpRequest, obj: ProviderConnection | None = None
    ) -> bool:
        """Jobs and models must find their provider again: then it is closed instead."""
        return self._is_operator(request) and not (obj and is_in_use(obj))

    @staticmethod
    def _is_operator(request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)


def closing_words(connection: Connection) -> str:
    """Say how long a provider takes new jobs, empty when no end is known."""
    day = connection.capabilities.last_job_on
    if day is None:
        return ""
    left = (day - timezone.now().date()).days
    if left < 0:
        return f"closed since {day:%-d %B %Y}"
    return f"until {day:%-d %B %Y}, {left} day{'' if left == 1 else 's'} left"
