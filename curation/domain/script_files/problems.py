"""What a dry run finds, row by row, kept within bounds."""

from collections import Counter
from dataclasses import dataclass, field

from curation.enums import Severity

KEPT_PER_SEVERITY = 200


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One finding; ``row_number`` counts as a spreadsheet does, None for the whole file."""

    row_number: int | None
    severity: Severity
    code: str
    message: str


@dataclass
class ProblemLog:
    """Findings of one reading: all are counted, the first of each severity are kept."""

    kept: list[RowProblem] = field(default_factory=list)
    totals: Counter[Severity] = field(default_factory=Counter)

    def add(self, row_number: int | None, severity: Severity, code: str, message: str) -> None:
        """Note one finding."""
        self.totals[severity] += 1
        if self.totals[severity] <= KEPT_PER_SEVERITY:
            self.kept.append(RowProblem(row_number, severity, code, message))

    def error(self, row_number: int | None, code: str, message: str) -> None:
        """Note what keeps the file from being imported."""
        self.add(row_number, Severity.ERROR, code, message)

    def warn(self, row_number: int | None, code: str, message: str) -> None:
        """Note what a person should look at; the row is imported."""
        self.add(row_number, Severity.WARNING, code, message)

    @property
    def has_errors(self) -> bool:
        """Whether anything keeps the file from being imported."""
        return self.totals[Severity.ERROR] > 0

    def in_order(self) -> list[RowProblem]:
        """Return the kept findings, the whole file's first, then by row."""
        return sorted(self.kept, key=lambda found: found.row_number or 0)
