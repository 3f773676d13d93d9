"""Numbers that people write into addresses and forms."""

MOST_DIGITS = 18  # fits a big integer of every database


def is_key(text: str) -> bool:
    """Whether a text is a whole number, 0 or above, that every database can look up."""
    return text.isdecimal() and len(text) <= MOST_DIGITS
