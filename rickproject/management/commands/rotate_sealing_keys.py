"""``manage.py rotate_sealing_keys``: seal what is stored with the first of the keys."""

from typing import Any

from rickproject.lib.commands import VerbCommand
from rickproject.lib.numbers import counted
from rickproject.sealed_rows import rotate_seals


class Command(VerbCommand):
    """Says how many secrets it sealed anew; exit code 1 when one could not be read."""

    help = "Seal what older keys of RICK_SEALING_KEYS sealed with the first one; safe to repeat."

    def run(self, **_options: Any) -> dict[str, Any]:
        count = rotate_seals()
        words = f"{counted(count.older, 'secret')} sealed with the first key"
        if count.newest:
            words += f", {count.newest} had it already"
        if count.unreadable:
            words += (
                f". {count.unreadable} cannot be read: their key is gone. Put it back at the end "
                "of RICK_SEALING_KEYS and run this again"
            )
        elif count.older:
            words += ". The older keys are not needed any more"
        return {
            "summary": f"{words}.",
            "resealed": count.older,
            "newest": count.newest,
            "unreadable": count.unreadable,
            **({"exit_code": 1} if count.unreadable else {}),
        }
