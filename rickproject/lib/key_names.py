"""Names of keystrokes: "B", "Shift+N", "Mod+Enter", "?", as pages and people's choices write them.

``Mod`` is Ctrl, or Command on a Mac. A letter is written upper case; a sign is named by itself, as
the keyboard types it, whatever the layout.
"""

import unicodedata

MODIFIERS = ("Mod", "Alt", "Shift")
_MODIFIER_WORDS = {
    **dict.fromkeys(("mod", "ctrl", "control", "strg", "cmd", "command", "meta", "⌘"), "Mod"),
    **dict.fromkeys(("alt", "option", "opt", "⌥"), "Alt"),
    **dict.fromkeys(("shift", "⇧"), "Shift"),
}
NAMED = (
    *("Enter", "Escape", "Backspace", "Delete", "Insert", "Space"),
    *("Up", "Down", "Left", "Right", "PageUp", "PageDown", "Home", "End"),
    *(f"F{number}" for number in range(1, 13)),
)
_NAMED_WORDS = {
    **{name.lower(): name for name in NAMED},
    "return": "Enter",
    "esc": "Escape",
    "del": "Delete",
    "⏎": "Enter",
    "⌫": "Backspace",
    "↑": "Up",
    "↓": "Down",
    "←": "Left",
    "→": "Right",
    "pgup": "PageUp",
    "pgdn": "PageDown",
}
# What browsers do not give away, or what people need in every field and page.
TAKEN = frozenset(
    {f"Mod+{letter}" for letter in "ACFLNPQRTVWX"}
    | {f"Mod+Shift+{letter}" for letter in "CIJNRTW"}
    | {"Alt+Left", "Alt+Right", "F5", "F11", "F12", "Mod+F5"}
)


class KeyNameError(ValueError):
    """A keystroke that cannot be bound; the message is a sentence for the person."""


def parse_key(text: str) -> str:
    """Return the one way to write a keystroke: ``ctrl+z`` is ``Mod+Z``.

    Raises:
        KeyNameError: it is no keystroke, it is the browser's own, or it cannot be typed.
    """
    *words, last = _parts(text.strip())
    held = [_MODIFIER_WORDS.get(word.lower(), "") for word in words]
    if not all(held):
        msg = f"“{text}” is no key. Write one such as B, Shift+N, Ctrl+Enter or PageDown."
        raise KeyNameError(msg)
    key = _NAMED_WORDS.get(last.lower(), "") or _sign(last, text)
    if len(key) == 1 and not key.isalpha() and "Shift" in held and "Alt" not in held:
        msg = f"Shift with {key} types another sign. Write that sign alone."
        raise KeyNameError(msg)
    name = "+".join([*(one for one in MODIFIERS if one in held), key])
    if name in TAKEN:
        msg = f"{text} belongs to the browser. Choose another key."
        raise KeyNameError(msg)
    return name


def is_typed(name: str) -> bool:
    """Whether this keystroke writes something, or moves, in a field: no key for while typing."""
    bare = not name.startswith(("Mod+", "Alt+"))
    return bare and name.removeprefix("Shift+") not in {"Escape", *NAMED[-12:]}


def _parts(text: str) -> list[str]:
    if text == "+" or text.endswith("++"):
        return [*filter(None, text[:-1].split("+")), "+"]
    return [part.strip() for part in text.split("+")]


def _sign(word: str, text: str) -> str:
    is_sign = len(word) == 1 and unicodedata.category(word)[0] in "LNPS"
    if not is_sign:
        msg = f"“{text}” is no key. Write one such as B, Shift+N, Ctrl+Enter or PageDown."
        raise KeyNameError(msg)
    return word.upper() if len(word.upper()) == 1 else word
