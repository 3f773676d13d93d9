"""Final Draft screenplays; Fade In and others write the same format."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from .documents import DocumentRow, direction, document_table, folded, tidy
from .errors import BadFileError
from .formats import FileFormat
from .tables import SourceTable

HEADINGS = {"Scene Heading", "Scene Heading (Top of Page)", "Shot"}
SPOKEN = {"Dialogue", "Parenthetical", "Singing", "Lyrics"}
LEFT_OUT = {"Cast List", "New Act", "End of Act"}


def final_draft_table(root: Element) -> SourceTable:
    """Return a Final Draft document as a table; the row number is that of the paragraph.

    A paragraph's text is all of its runs: bold and italic words are runs of their own.

    Raises:
        BadFileError: it has no content, or nobody speaks.
    """
    content = root.find("Content")
    if content is None:
        msg = "The Final Draft file has no content; a template, perhaps?"
        raise BadFileError("no_rows", msg)
    return document_table(FileFormat.FDX, "utf-8", _rows(content))


def _paragraphs(content: Element) -> Iterator[Element]:
    for paragraph in content.findall("Paragraph"):
        both = paragraph.find("DualDialogue")
        if both is None:
            yield paragraph
        else:
            yield from both.findall("Paragraph")


def _rows(content: Element) -> Iterator[DocumentRow]:
    speaker, first = "", 0
    said: list[str] = []
    for number, paragraph in enumerate(_paragraphs(content), 1):
        kind = paragraph.get("Type", "Action")
        text = tidy("".join("".join(run.itertext()) for run in paragraph.findall("Text")))
        if kind in SPOKEN and speaker:
            first = first or number
            said.append(text)
            continue
        if speaker and any(said):
            yield DocumentRow(first, speaker, "\n".join(filter(None, said)))
        speaker, first, said = "", 0, []
        if kind == "Character":
            speaker = folded(text)
        elif text and kind in HEADINGS:
            yield direction(number, text, scene=text)
        elif text and kind not in LEFT_OUT:
            yield direction(number, text)
    if speaker and any(said):
        yield DocumentRow(first, speaker, "\n".join(filter(None, said)))
