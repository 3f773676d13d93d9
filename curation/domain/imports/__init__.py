"""A script's way in: received, checked in a dry run, confirmed, written in chunks, or discarded."""

from .checking import FileInspection, check_script, inspect_file
from .choosing import set_column_mapping, set_text_repair
from .errors import DuplicateScriptError, FileTooLargeError, ImportStateError, StorageFullError
from .receiving import receive_script, title_of
from .removing import clear_script, discard_script
from .waiting import resume_waiting_scripts
from .writing import confirm_import, import_script

__all__ = [
    "DuplicateScriptError",
    "FileInspection",
    "FileTooLargeError",
    "ImportStateError",
    "StorageFullError",
    "check_script",
    "clear_script",
    "confirm_import",
    "discard_script",
    "import_script",
    "inspect_file",
    "receive_script",
    "resume_waiting_scripts",
    "set_column_mapping",
    "set_text_repair",
    "title_of",
]
