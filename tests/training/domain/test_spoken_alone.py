"""Whatever the pieces a reply comes in, what is shown is the same."""

import pytest

from training.domain.spoken_alone import SpokenAlone

OTHERS = ["PIP", "Old Bob", "PI", "VEX"]


def shown(text: str, size: int) -> tuple[str, bool, bool]:
    spoken = SpokenAlone("VEX", OTHERS)
    parts = [spoken.feed(text[at : at + size]) for at in range(0, len(text), size)]
    return "".join([*parts, spoken.rest()]), spoken.is_over, spoken.echoed_name


@pytest.mark.parametrize(
    ("reply", "expected", "is_over", "echoed"),
    [
        ("No.", "No.", False, False),
        ("", "", False, False),
        ("No.\nNever.", "No.\nNever.", False, False),
        ("No.\nPIP: But why?", "No.", True, False),
        ("No.\n\n  pip : But why?\nVEX: So.", "No.", True, False),
        ("Ask Pip: he knows.", "Ask Pip: he knows.", False, False),
        ("VEX: No.", "No.", False, True),
        (" vex: No.\nVEX: Never.", "No.\nNever.", False, True),
        ("PIP: I say what you say.", "", True, False),
        ("No.\nOld Bob says no.", "No.\nOld Bob says no.", False, False),
        ("No.\nOld Bob: No!", "No.", True, False),
        ("No.\nPIP", "No.\nPIP", False, False),
        ("VEX", "VEX", False, False),
        ("Three things:\n1: the moon", "Three things:\n1: the moon", False, False),
        ("No.\n", "No.\n", False, False),
        ("No.\nVEX: Never.\nPIP: Oh.", "No.\nNever.", True, True),
    ],
)
def test_what_is_shown_does_not_depend_on_the_pieces(
    reply: str, expected: str, is_over: bool, echoed: bool
) -> None:
    for size in (1, 2, 3, 5, 8, 1000):
        text, over, own = shown(reply, size)
        assert (text.strip(" "), over, own) == (expected, is_over, echoed), size


def test_text_that_cannot_be_a_name_is_shown_at_once() -> None:
    spoken = SpokenAlone("VEX", OTHERS)
    assert spoken.feed("N") == "N"
    assert spoken.feed("ever") == "ever"
    assert spoken.feed("\nP") == ""
    assert spoken.feed("ossibly") == "\nPossibly"


def test_names_with_signs_are_names_and_no_patterns() -> None:
    spoken = SpokenAlone("", ["MR. (X)+"])
    assert spoken.feed("Yes.\nMR. (X)+: Yes.") == "Yes."
    assert spoken.is_over
    assert SpokenAlone("", []).feed("A\nB: C") == "A\nB: C"


def test_many_empty_lines_take_no_time() -> None:
    spoken = SpokenAlone("VEX", OTHERS)
    shown_text = "".join(spoken.feed(part) for part in ["No.", *["\n" * 40] * 500, "PIP: Oh."])
    assert (shown_text, spoken.is_over) == ("No.", True)
    spoken = SpokenAlone("VEX", OTHERS)
    assert spoken.feed("\n" * 50_000 + "A") == "\n" * 50_000 + "A"
