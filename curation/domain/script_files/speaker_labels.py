"""Who speaks, as people write it before a line: ``VEX: …``, ``[Vex] …``, ``- Vex: …``."""

import re

LABEL_CHARACTERS = 60
LABEL_WORDS = 5
SMALL_WORDS = frozenset(
    {"a", "an", "and", "at", "by", "d", "da", "de", "del", "der", "des", "di", "du", "e", "el"}
    | {"from", "in", "la", "le", "of", "on", "the", "to", "und", "van", "von", "y"}
)
COLON = re.compile(rf"[-–—]?\s{{0,4}}([^:\n]{{1,{LABEL_CHARACTERS}}}):(?!//)(?:\s+|$)")
SQUARE = re.compile(rf"[-–—]?\s{{0,4}}\[([^\[\]\n]{{1,{LABEL_CHARACTERS}}})\]:?\s+(?=\S)")
NO_NAME = re.compile(r"[.!?;,\"“”„«»…]\s|[!?;\"“”„«»…]|\d{1,2}$(?<=^\d{2})|^\d+$")


def split_label(line: str, *, square: bool = False) -> tuple[str, str] | None:
    """Return the speaker and the rest of a line that names its speaker, else None.

    A label is a few words with a colon behind, each with a capital, a digit or a bracket first, or
    small ("of", "the"); with ``square`` also such words in square brackets and text behind them.
    """
    found = COLON.match(line)
    if found is None and square:
        found = SQUARE.match(line)
    if found is None or not is_name(found[1].strip()):
        return None
    return found[1].strip(), line[found.end() :].strip()


def is_name(text: str) -> bool:
    """Tell whether a few words can be a name: "MOM (V.O.)", "Duke of Moons", "#2", "ERSTER"."""
    if NO_NAME.search(text):
        return False
    words = text.split()
    if not 1 <= len(words) <= LABEL_WORDS:
        return False
    plain = [word.lstrip("([#@'’*_") for word in words]
    capital = any(word[:1].isupper() or word[:1].isdigit() for word in plain)
    return (
        capital
        and not words[0].isdigit()
        and all(
            not word[:1].isalpha() or not word[:1].islower() or word.casefold() in SMALL_WORDS
            for word in plain
        )
    )
