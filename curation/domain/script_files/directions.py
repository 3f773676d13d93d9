"""Stage directions and scene headings among the lines."""

import re

SCENE_CHARACTERS = 200
DIRECTION = re.compile(r"\[[^\[\]]*\]|\([^()]*\)|\*[^*]+\*")  # linear: no group runs on
HEADING = re.compile(
    r"(?:(?:int|ext|est|i/e|int\.?/ext)[.\s]|scene\b\s?[:#\d]|(?:cut|back|fade|dissolve) to:)",
    re.IGNORECASE,
)


def is_direction(text: str) -> bool:
    """Tell whether a line is nothing but stage directions in brackets or asterisks."""
    if text[:1] not in {"[", "(", "*"}:
        return False
    rest, found = DIRECTION.subn("", text)
    return found > 0 and not any(map(str.isalnum, rest))


def scene_heading(text: str) -> str:
    """Return the heading that a stage direction is, such as "[Scene: the kitchen]", else ""."""
    inner = " ".join(text.strip("[](){}* \t").split())
    if len(inner) > SCENE_CHARACTERS or not HEADING.match(inner):
        return ""
    return re.sub(r"^scene\s*:\s*", "", inner, flags=re.IGNORECASE)
