"""Which XML a file is: its root says so."""

from pathlib import Path

from .errors import BadFileError
from .final_draft import final_draft_table
from .plays import TEI, sml_table, tei_table
from .safe_xml import parse_xml
from .tables import SourceTable

READERS = {"FinalDraft": final_draft_table, f"{TEI}TEI": tei_table, "play": sml_table}


def open_xml(path: Path) -> SourceTable:
    """Open Final Draft, TEI drama or SML.

    Raises:
        BadFileError: another kind of XML, unsafe or damaged, or nobody speaks in it.
    """
    root = parse_xml(path)
    read = READERS.get(root.tag)
    if read is None:
        name = root.tag.rpartition("}")[2][:60]
        msg = (
            f"This XML starts with <{name}>. Final Draft (<FinalDraft>), TEI drama (<TEI>) and SML "
            "(<play>) are read."
        )
        raise BadFileError("unknown_format", msg)
    return read(root)
