"""What can be wrong with a file as a whole, or with the choice of its columns."""

from curation.errors import CurationError


class BadFileError(CurationError):
    """A file that cannot become a script; the sentence says what to do.

    ``row_number`` counts as a spreadsheet does, and is None where no row is to blame.
    """

    code = "bad_file"

    def __init__(self, code: str, message: str, *, row_number: int | None = None) -> None:
        super().__init__(message if row_number is None else f"Row {row_number:,}: {message}")
        self.code = code
        self.row_number = row_number


class ColumnMappingError(CurationError):
    """The columns chosen by hand do not make a script."""

    code = "column_mapping"
