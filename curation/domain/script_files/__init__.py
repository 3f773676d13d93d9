"""Script files as they arrive: which format, which encoding, which rows, what is wrong."""

from .columns import FIELDS, REQUIRED_FIELDS, guess_mapping, recognise_columns, validate_mapping
from .errors import BadFileError, ColumnMappingError
from .formats import EXTENSIONS, READ_FORMATS, TABLE_FORMATS, FileFormat, recognise_format
from .names import UNNAMED, normalise_name
from .problems import ProblemLog, RowProblem
from .reading import read_script
from .readings import EpisodeRows, ScriptReading
from .tables import SourceTable, open_table

__all__ = [
    "EXTENSIONS",
    "FIELDS",
    "READ_FORMATS",
    "REQUIRED_FIELDS",
    "TABLE_FORMATS",
    "UNNAMED",
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
