"""What the checks found in a dataset version: counted by kind, listed page by page."""

from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Count

from curation.enums import Severity
from curation.models import DatasetVersion, Finding

FINDINGS_A_PAGE = 25


@dataclass(frozen=True)
class FindingKind:
    """How often one check found something."""

    code: str
    severity: str
    count: int

    @property
    def words(self) -> str:
        """The check's code as people read it."""
        return self.code.replace("_", " ")


@dataclass(frozen=True)
class FoundByChecks:
    """One page of findings, and the kinds of all of them, errors first."""

    kinds: list[FindingKind]
    chosen: str
    page: Page[Finding]

    @property
    def count(self) -> int:
        """All findings of the version, of any kind."""
        return sum(kind.count for kind in self.kinds)

    @property
    def error_count(self) -> int:
        """The findings that stand in the way of an approval."""
        return sum(kind.count for kind in self.kinds if kind.severity == Severity.ERROR)


def find_findings(dataset: DatasetVersion, *, code: str = "", page: str | None) -> FoundByChecks:
    """Return one page of a version's findings, errors first.

    Args:
        code: of one check; an unknown one stands for all of them.
        page: as the address says it; nonsense gives the first page.
    """
    counted = (
        dataset.findings.order_by("severity", "code")
        .values_list("code", "severity")
        .annotate(count=Count("pk"))
    )
    kinds = [FindingKind(*row) for row in counted]
    chosen = code if any(kind.code == code for kind in kinds) else ""
    rows = dataset.findings.select_related("accepted_by")
    rows = rows.filter(code=chosen) if chosen else rows
    return FoundByChecks(kinds, chosen, Paginator(rows, FINDINGS_A_PAGE).get_page(page))
