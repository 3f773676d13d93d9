import contextlib
import time

import pytest

from curation.domain.script_files import BadFileError

from .conftest import Inspect, scenes, shown

SCRIPT = """Title:
    _**The Borrowed Moon**_
Credit: by nobody

/* an old draft: VEX
Not this. */

INT. KITCHEN - NIGHT #1#

Vex opens the fridge.[[too slow?]]

VEX (CONT'D)
(softly)
It is *not* here.
Where is it?

@Pip (O.S.)
You said to put it somewhere safe.

MARLOW ^
Dual, perhaps.

CUT TO:

.THE ROOF

VEX
~ Moon, oh moon
It sings.

EXT. GARDEN - DAY

Nobody is here.
"""


def test_fountain_becomes_speeches_directions_and_scenes(inspect: Inspect) -> None:
    found = inspect("a.fountain", SCRIPT)
    assert shown(found) == [
        (8, "", "[INT. KITCHEN - NIGHT]"),
        (10, "", "[Vex opens the fridge.]"),
        (13, "VEX", "(softly)\nIt is not here.\nWhere is it?"),
        (18, "Pip", "You said to put it somewhere safe."),
        (21, "MARLOW", "Dual, perhaps."),
        (23, "", "[CUT TO:]"),
        (25, "", "[THE ROOF]"),
        (28, "VEX", "Moon, oh moon\nIt sings."),
        (31, "", "[EXT. GARDEN - DAY]"),
        (33, "", "[Nobody is here.]"),
    ]
    assert scenes(found) == [(0, "INT. KITCHEN - NIGHT"), (6, "THE ROOF")]
    assert found.reading is not None
    assert found.reading.episodes[0].title == "The Borrowed Moon"
    assert found.table.file_format == "fountain"


def test_fountain_keeps_long_lines_whole(inspect: Inspect) -> None:
    words = "moon " * 400
    found = inspect("a.fountain", f"INT. A\n\nVEX\n{words}\n\n!{words.upper()}\n")
    assert [(name, len(text)) for _, name, text in shown(found)][1:] == [("VEX", 1999), ("", 2001)]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_fountain_is_read_in_every_encoding(inspect: Inspect, encoding: str) -> None:
    found = inspect("a.fountain", "VEX\r\nNaïve – “moon”.\r\n".encode(encoding))
    assert shown(found) == [(2, "VEX", "Naïve – “moon”.")]


def test_fountain_refuses_a_boneyard_without_end(inspect: Inspect) -> None:
    with pytest.raises(BadFileError, match="on line 4 is never closed"):
        inspect("a.fountain", "VEX\nHello.\n\n/* and so on\n\nPIP\nBye.\n")


def test_fountain_refuses_a_script_without_speech(inspect: Inspect) -> None:
    with pytest.raises(BadFileError, match="Nobody says anything"):
        inspect("a.fountain", "INT. HOUSE\n\nNobody is at home.\n")


@pytest.mark.parametrize(
    "content",
    [
        "A" + " " * 150_000 + "(\n" + "[[" * 200_000,
        ("VEX " + "( " * 90 + "\n\n") * 5_000 + "VEX\nHello.\n",
        "[[x\n" * 100_000 + "\n\nVEX\nHello.\n",
        ("**_" * 60 + "\n") * 5_000,
    ],
)
def test_fountain_takes_no_time_for_nonsense(inspect: Inspect, content: str) -> None:
    start = time.process_time()
    with contextlib.suppress(BadFileError):
        inspect("a.fountain", content)
    assert time.process_time() - start < 10
