"""Read real plays as rows, with their scenes as the reference to compare with.

The plays are no part of the project: ``RICK_SCRIPTS_DIR`` says where they lie. They are read with
the standard library's parser, which fetches nothing and refuses runaway entities (expat 2.4.1 and
later); the files bear no DOCTYPE.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS_DIR = Path(os.environ.get("RICK_SCRIPTS_DIR") or ROOT.parent / "shared/data/scripts")
TEI = "{http://www.tei-c.org/ns/1.0}"


@dataclass(frozen=True)
class Row:
    """One speech: who, what, and the number of the scene it is in."""

    speaker: str
    line: str
    scene: int


@dataclass(frozen=True)
class Play:
    """A play as rows; ``boundaries`` are the gaps at which its scenes start."""

    name: str
    rows: tuple[Row, ...]

    @property
    def speakers(self) -> list[str]:
        return [row.speaker for row in self.rows]

    @property
    def boundaries(self) -> frozenset[int]:
        pairs = zip(self.rows, self.rows[1:], strict=False)
        return frozenset(g for g, (a, b) in enumerate(pairs, start=1) if a.scene != b.scene)


def folder(name: str) -> Path:
    """The folder of one collection; skips the test where it is absent."""
    path = SCRIPTS_DIR / name
    if not path.is_dir():
        pytest.skip(f"no real scripts in {path}: set RICK_SCRIPTS_DIR")
    return path


def shakespeare() -> list[Play]:
    """The ten plays in SML, by name."""
    return [read_sml(path) for path in sorted(folder("shakespeare").glob("*.xml"))]


def german() -> list[Play]:
    """The sixteen German plays in TEI, by name."""
    return [read_tei(path) for path in sorted(folder("gerdracor").glob("*.xml"))]


def read_sml(path: Path) -> Play:
    """A row for each speech with a letter; a scene for each ``<scene>``."""
    rows = []
    scenes = ET.parse(path).getroot().iter("scene")
    for number, scene in enumerate(scenes):
        for speech in scene.iter("text"):
            line = " ".join("".join(speech.itertext()).split())
            if speech.get("char") and any(sign.isalpha() for sign in line):
                rows.append(Row(speech.attrib["char"], line, number))
    return Play(path.stem, tuple(rows))


def read_tei(path: Path) -> Play:
    """A row for each ``<sp>``; its scene is the innermost ``<div>``."""
    rows: list[Row] = []
    root = ET.parse(path).getroot()
    numbers = {id(div): number for number, div in enumerate(root.iter(f"{TEI}div"))}

    def walk(node: ET.Element, scene: int) -> None:
        scene = numbers.get(id(node), scene)
        for child in node:
            if child.tag == f"{TEI}sp":
                line = " ".join(_said(child).split())
                if any(sign.isalpha() for sign in line):
                    rows.append(Row(child.get("who", ""), line, scene))
            else:
                walk(child, scene)

    walk(root, -1)
    return Play(path.stem, tuple(rows))


def _said(node: ET.Element) -> str:
    """Text of a speech without the speaker's name and the stage directions."""
    parts = [node.text or ""]
    for child in node:
        if child.tag not in {f"{TEI}speaker", f"{TEI}stage"}:
            parts.append(_said(child))
        parts.append(child.tail or "")
    return " ".join(parts)
