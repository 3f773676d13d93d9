"""Script files as they arrive: which format, which encoding, which rows, what is wrong."""

from .columns import FIELDS, REQUIRED_FIELDS, guess_mapping, recognise_columns, validate_mapping
from .errors import BadFileError, ColumnMappingError
from .formats import FileFormat, recognise_format
from .problems import ProblemLog, RowProblem
from .reading import EpisodeRows, ScriptReading, normalise_name, read_script
from .tables import SourceTable, open_table

__all__ = [
    "FIELDS",
    "REQUIRED_FIELDS",
    "BadFileError",
    "ColumnMappingError",
    "EpisodeRows",
    "FileFormat",
    "ProblemLog",
    "RowProblem",
    "ScriptReading",
    "SourceTable",
    "guess_mapping",
    "normalise_name",
    "open_table",
    "read_script",
    "recognise_columns",
    "recognise_format",
    "validate_mapping",
]
