"""Approval of dataset versions: what a second person reads before saying yes."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, F, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode

from curation.domain.datasets import approve_dataset, return_dataset
from curation.enums import DatasetState
from curation.errors import CurationError
from curation.models import Activity, DatasetVersion
from curation.queries.activity_feed import steps_of
from curation.queries.dataset_changes import BUILT, compare_versions, earlier_versions
from curation.queries.dataset_findings import find_findings
from curation.queries.dataset_statistics import dataset_statistics, sample_records
from rickproject.lib.numbers import is_key

OTHER_VERSIONS = 20


@admin.register(DatasetVersion)
class DatasetVersionAdmin(admin.ModelAdmin[DatasetVersion]):
    """A queue of versions; each is read, then approved or returned, never edited."""

    list_display = [
        "__str__",
        "state",
        "train_count",
        "validation_count",
        "created_by",
        "created_at",
    ]
    list_filter = ["state", "project"]
    list_select_related = ["project", "created_by"]
    search_fields = ["project__name", "target_character__name", "created_by__username"]
    change_form_template = "admin/curation/datasetversion/decide.html"

    def get_urls(self) -> list[URLPattern]:
        decide = path(
            "<int:pk>/decide/",
            self.admin_site.admin_view(self.decide),
            name="curation_datasetversion_decide",
        )
        return [decide, *super().get_urls()]

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """What waits for a decision comes first, the oldest of it on top; the rest newest first."""
        waits = Case(When(state=DatasetState.WAITING, then=0), default=1)
        asked = Case(When(state=DatasetState.WAITING, then=F("pk")), default=-F("pk"))
        return [waits, asked]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: DatasetVersion | None = None
    ) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: DatasetVersion | None = None) -> bool:
        return super().has_view_permission(request, obj) or self._may_decide(request)

    def has_delete_permission(
        self, request: HttpRequest, obj: DatasetVersion | None = None
    ) -> bool:
        return False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return super().has_module_permission(request) or self._may_decide(request)

    @staticmethod
    def _may_decide(request: HttpRequest) -> bool:
        return request.user.has_perm("curation.decide_dataset")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        dataset = get_object_or_404(DatasetVersion, pk=object_id)
        seed = request.GET.get("sample", "1")
        seed_number = int(seed) if is_key(seed) else 1
        earlier = earlier_versions(dataset) if dataset.state in BUILT else []
        context = {
            "dataset": dataset,
            "changes": compare_versions(earlier[0], dataset) if earlier else None,
            "statistics": dataset_statistics(dataset),
            "samples": sample_records(dataset, seed=seed_number),
            "next_sample": seed_number + 1,
            "found": find_findings(
                dataset, code=request.GET.get("check", ""), page=request.GET.get("page")
            ),
            "steps": [(_in_words(step), step) for step in steps_of(dataset)],
            "others": DatasetVersion.objects.filter(project=dataset.project_id)
            .exclude(pk=dataset.pk)
            .select_related("decided_by", "target_character")
            .order_by("-number")[:OTHER_VERSIONS],
            "is_own": dataset.created_by_id == request.user.pk,
            "is_waiting": dataset.state == DatasetState.WAITING,
            "may_decide": self._may_decide(request),
        }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Approve or return one version."""
        if request.method != "POST" or not self._may_decide(request):
            raise PermissionDenied
        dataset = get_object_or_404(DatasetVersion, pk=pk)
        reason = request.POST.get("reason", "")
        page = reverse("admin:curation_datasetversion_change", args=[pk])
        try:
            if request.POST.get("decision") == "approve":
                approve_dataset(dataset, approver=request.user, reason=reason)  # type: ignore[arg-type]
            else:
                return_dataset(dataset, approver=request.user, reason=reason)  # type: ignore[arg-type]
        except CurationError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(f"{page}?{urlencode({'reason': reason})}#decision")
        messages.success(request, f"{dataset} is now {dataset.get_state_display()}.")
        return HttpResponseRedirect(page)


def _in_words(step: Activity) -> str:
    return step.verb.replace(".", " ").replace("_", " ").capitalize()
