"""Numbers that people write into addresses and forms, and that they read with a noun."""

MOST_DIGITS = 18  # fits a big integer of every database


def is_key(text: str) -> bool:
    """Whether a text is a whole number, 0 or above, that every database can look up."""
    return text.isdecimal() and len(text) <= MOST_DIGITS


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: 1204 and "utterance" give "1,204 utterances".

    An irregular plural is given after a comma: ``"reply,replies"``.
    """
    singular, _, plural = noun.partition(",")
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"
