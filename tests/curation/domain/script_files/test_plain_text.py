import pytest

from curation.domain.script_files import BadFileError
from curation.domain.script_files.speaker_labels import split_label

from .conftest import Inspect, scenes, shown

SCRIPT = """Scene 1: the kitchen
VEX: Who moved the moon?
He said: nobody did.
(he looks)
Duke of Moons: I did.

INT. ATTIC - NIGHT

Old Pip (O.S.): Here!

Nobody answers.

VEX & PIP: Oh.
"""


def test_plain_text_names_its_speakers(inspect: Inspect) -> None:
    found = inspect("a.txt", SCRIPT)
    assert shown(found) == [
        (1, "", "[Scene 1: the kitchen]"),
        (2, "VEX", "Who moved the moon?\nHe said: nobody did."),
        (4, "", "[he looks]"),
        (5, "Duke of Moons", "I did."),
        (7, "", "[INT. ATTIC - NIGHT]"),
        (9, "Old Pip", "Here!"),
        (11, "", "[Nobody answers.]"),
        (13, "VEX & PIP", "Oh."),
    ]
    assert scenes(found) == [(0, "Scene 1: the kitchen"), (4, "INT. ATTIC - NIGHT")]


def test_plain_text_of_prose_is_refused(inspect: Inspect) -> None:
    with pytest.raises(BadFileError, match=r"Only 1 of 3 paragraphs .* name the file \.fountain"):
        inspect("a.txt", "Once there was a moon.\n\nThen: nothing.\n\nThe end.\n")


@pytest.mark.parametrize(
    ("line", "label"),
    [
        ("VEX: Hello.", ("VEX", "Hello.")),
        ("- Vex: Hello.", ("Vex", "Hello.")),
        ("Dr. Moon: Hello.", None),
        ("Wait, Pip: hello", None),
        ("He said: hello", None),
        ("12:30 is late", None),
        ("C3PO: Beep", ("C3PO", "Beep")),
        ("https://example.org", None),
        ("VEX:", ("VEX", "")),
    ],
)
def test_split_label_knows_names(line: str, label: tuple[str, str] | None) -> None:
    assert split_label(line) == label
