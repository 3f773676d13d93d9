"""Why a script does not go on."""

from curation.enums import ScriptState
from curation.errors import CurationError
from curation.models import Script


class FileTooLargeError(CurationError):
    """The file is over the operator's limit."""

    code = "too_large"


class StorageFullError(CurationError):
    """There is no room for the file."""

    code = "storage_full"


class DuplicateScriptError(CurationError):
    """The project has this very file already; ``existing`` is the script made of it."""

    code = "duplicate_file"

    def __init__(self, existing: Script) -> None:
        super().__init__(
            f"This file is in the project already, as “{existing.title}” "
            f"({ScriptState(existing.state).label}). Nothing was imported."
        )
        self.existing = existing


class ImportStateError(CurationError):
    """The script is not in the state that this step needs."""

    code = "import_state"
