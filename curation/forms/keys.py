"""The keys a person wants, as the page of keys sends them."""

from django.http import QueryDict

from rickproject.lib.key_commands import Keys
from rickproject.lib.keymap import COMMANDS
from rickproject.lib.text import text_problem

LONGEST_KEY = 30


def read_keys(data: QueryDict) -> dict[str, Keys]:
    """Return the keys in a form's fields, one field ``key:<command>`` a keystroke.

    A field with more than a keystroke's name in it is cut; the domain refuses what is no key.
    """
    found = {}
    for name in COMMANDS:
        field = f"key:{name}"
        if field in data:
            texts = [text.strip()[:LONGEST_KEY] for text in data.getlist(field) if text.strip()]
            found[name] = tuple("unreadable" if text_problem(text) else text for text in texts)
    return found
