"""Plays in XML: the TEI of DraCor, and the SML of the Open Shakespeare texts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from xml.etree.ElementTree import Element

from .documents import DocumentRow, direction, document_table, folded, tidy
from .formats import FileFormat
from .tables import SourceTable

TEI = "{http://www.tei-c.org/ns/1.0}"
XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
UNHEARD = {f"{TEI}{name}" for name in ("speaker", "stage", "note", "fw", "pb", "figDesc")}
LINES = {f"{TEI}{name}" for name in ("l", "p", "ab", "lg", "lb")}


def tei_table(root: Element) -> SourceTable:
    """Return a TEI drama as a table; the row number is that of the speech or direction.

    Speakers are those that ``who`` names, several joined by ``&``; a direction inside a speech
    parts it. A division with speeches of its own is a scene.

    Raises:
        BadFileError: nobody speaks.
    """
    title = root.find(f".//{TEI}titleStmt/{TEI}title")
    heard = _TeiReader(_persons(root))
    text = root.find(f"{TEI}text")
    rows = heard.walk(text if text is not None else root, ())
    shown = folded("".join(title.itertext())) if title is not None else ""
    return document_table(FileFormat.TEI, "utf-8", rows, title=shown[:200])


def _persons(root: Element) -> dict[str, str]:
    """Return the name of each person and group by identifier."""
    names = {}
    for tag, name_tags in (("person", ("persName",)), ("personGrp", ("name", "persName"))):
        for person in root.iter(f"{TEI}{tag}"):
            found = (person.find(f"{TEI}{name}") for name in name_tags)
            name = next((folded("".join(n.itertext())) for n in found if n is not None), "")
            if name and (key := person.get(XML_ID)):
                names[key] = name
    return names


class _TeiReader:
    def __init__(self, names: dict[str, str]) -> None:
        self.names = names
        self.numbers = count(1)
        self.scene = ""

    def walk(self, node: Element, heads: tuple[str, ...]) -> Iterator[DocumentRow]:
        """Go through a division in the order of the text."""
        for child in node:
            if child.tag == f"{TEI}sp":
                yield from self.speech(child)
            elif child.tag == f"{TEI}stage":
                yield from self.stage(child, "")
            elif child.tag == f"{TEI}div":
                inner = (*heads, _head(child))
                self.scene = ", ".join(filter(None, inner)) or "scene"
                yield from self.walk(child, inner)
            elif child.tag not in UNHEARD:
                yield from self.walk(child, heads)

    def speech(self, node: Element) -> Iterator[DocumentRow]:
        """Yield a speech, parted by the directions inside it."""
        speaker = self.speaker(node)
        for is_stage, text in _parts(node):
            if is_stage:
                if said := folded(text):
                    yield direction(next(self.numbers), said, speaker=speaker, scene=self.opening())
            elif (said := tidy(text)) and any(map(str.isalnum, said)):
                yield DocumentRow(next(self.numbers), speaker, said, self.opening())

    def stage(self, node: Element, speaker: str) -> Iterator[DocumentRow]:
        """Yield a direction between speeches."""
        if text := folded("".join(node.itertext())):
            number = next(self.numbers)
            yield direction(number, text, speaker=speaker, scene=self.opening())

    def opening(self) -> str:
        """Return the heading of a scene once, for its first row."""
        scene, self.scene = self.scene, ""
        return scene

    def speaker(self, node: Element) -> str:
        """Return who speaks: the names of ``who``, else the printed name."""
        keys = [key.rpartition("#")[2] for key in node.get("who", "").split()]
        if keys:
            return " & ".join(self.names.get(key, key) for key in keys)
        printed = node.find(f"{TEI}speaker")
        shown = folded("".join(printed.itertext())) if printed is not None else ""
        return shown.rstrip(" .:,")


def _head(node: Element) -> str:
    head = node.find(f"{TEI}head")
    return folded("".join(head.itertext())).rstrip(".") if head is not None else ""


def _parts(node: Element) -> list[tuple[bool, str]]:
    """Return a speech as runs of speech (False) and directions (True), in order."""
    parts: list[tuple[bool, str]] = [(False, "")]

    def say(text: str) -> None:
        is_stage, before = parts[-1]
        if is_stage:
            parts.append((False, text))
        else:
            parts[-1] = (False, before + text)

    def go(inside: Element) -> None:
        say(" ".join((inside.text or "").split("\n")))
        for child in inside:
            if child.tag == f"{TEI}stage":
                parts.append((True, "".join(child.itertext())))
            elif child.tag not in UNHEARD:
                if child.tag in LINES:
                    say("\n")
                go(child)
                if child.tag in LINES:
                    say("\n")
            say(" ".join((child.tail or "").split("\n")))

    go(node)
    return parts


def sml_table(root: Element) -> SourceTable:
    """Return an SML play as a table; the row number is that of the ``text`` element.

    Raises:
        BadFileError: nobody speaks.
    """
    title = root.find("head/title")
    shown = folded("".join(title.itertext())) if title is not None else ""
    return document_table(FileFormat.SML, "utf-8", _sml_rows(root), title=shown[:200])


def _sml_rows(root: Element) -> Iterator[DocumentRow]:
    numbers = count(1)
    places = {
        id(scene): f"Act {act_number}, scene {scene_number}"
        for act_number, act in enumerate(root.iter("act"), 1)
        for scene_number, scene in enumerate(act.iter("scene"), 1)
    }
    for scene in root.iter("scene"):
        named = folded(scene.get("name", "")) or places.get(id(scene), "Scene")
        heading = ": ".join(filter(None, (named, folded(scene.get("info", "")))))
        for node in scene.iter("text"):
            row = _sml_row(next(numbers), node, heading)
            if row is not None:
                yield row
                heading = ""


def _sml_row(number: int, node: Element, heading: str) -> DocumentRow | None:
    said, kind = "".join(node.itertext()), node.get("type", "")
    speaker = folded(node.get("char", ""))
    if speaker:
        text = tidy(said) if kind == "verse" else folded(said)
        spoken = any(map(str.isalnum, text))
        return DocumentRow(number, speaker, text, heading) if spoken else None
    words = folded(said)
    if kind in {"enter", "exit", "exeunt"}:
        words = f"{kind.capitalize()} {words}".strip()
    return direction(number, words, scene=heading) if words else None
