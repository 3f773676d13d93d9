"""Names of keystrokes: one way to write each, refusals with a reason."""

import pytest

from rickproject.lib.key_names import KeyNameError, is_typed, parse_key


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("b", "B"), ("Shift+n", "Shift+N"), ("ctrl+z", "Mod+Z"), ("CMD+shift+z", "Mod+Shift+Z"),
        ("shift+ctrl+z", "Mod+Shift+Z"), ("?", "?"), ("esc", "Escape"), ("alt+shift+right",
        "Alt+Shift+Right"), ("+", "+"), ("Ctrl++", "Mod++"), ("Mod+,", "Mod+,"),
        (" pgdn ", "PageDown"), ("⏎", "Enter"), ("ж", "Ж"), ("ß", "ß"), ("[", "["), ("f2", "F2"),
        ("1", "1"),
    ],
)  # fmt: skip
def test_parse_key_knows_each_way_to_write_a_key(text: str, name: str) -> None:
    assert parse_key(text) == name
    assert parse_key(name) == name


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is no key"), ("jj", "is no key"), ("hyper+a", "is no key"), ("ctrl+", "is no key"),
        ("shift+1", "types another sign"), ("ctrl+w", "belongs to the browser"),
        ("F5", "belongs to the browser"), ("\x00", "is no key"), ("ctrl+v", "to the browser"),
    ],
)  # fmt: skip
def test_parse_key_says_why_it_refuses(text: str, why: str) -> None:
    with pytest.raises(KeyNameError, match=why):
        parse_key(text)


def test_is_typed_tells_keys_that_write_from_those_that_do_not() -> None:
    typed = ["A", "Shift+A", "?", "Enter", "Backspace", "Left", "Shift+Down", "Space"]
    others = ["Mod+A", "Alt+S", "Escape", "Shift+Escape", "F2", "Shift+F12"]
    assert [is_typed(key) for key in typed] == [True] * len(typed)
    assert [is_typed(key) for key in others] == [False] * len(others)
