"""Let a person choose the keys of commands."""

from django.contrib.auth.models import User
from django.db import transaction

from curation.errors import CurationError
from curation.models import KeyChoice
from rickproject.lib.key_commands import Keys
from rickproject.lib.key_names import KeyNameError, is_typed, parse_key
from rickproject.lib.keymap import COMMANDS, MOST_KEYS, Choices, Clash, find_clashes


class KeyChoiceError(CurationError):
    """Keys that cannot be used like this.

    Attributes:
        problems: a sentence for each command that has one, by the command's name.
    """

    code = "key_choice"

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("Nothing was changed: " + next(iter(problems.values())))
        self.problems = problems


@transaction.atomic
def choose_keys(user: User, *, wanted: Choices) -> dict[str, Keys]:
    """Give commands the keys a person wants; those not named keep their default.

    Keys may be written in many ways (``ctrl+z``, ``⌘Z`` is ``Mod+Z``); only what differs from the
    default is kept, so that a better default reaches whoever did not choose.

    Args:
        wanted: full command name -> its keys, none to switch it off.

    Returns:
        What was kept, as :func:`curation.queries.key_choices.key_choices` reads it.

    Raises:
        KeyChoiceError: a key is none, is the browser's, writes text where it must not, or two
            commands of a page want the same; nothing is written.
    """
    problems: dict[str, str] = {}
    asked = {name: wanted[name] for name in COMMANDS if name in wanted}
    now = {name: command.keys for name, command in COMMANDS.items()}
    for name, keys in asked.items():
        try:
            now[name] = _parsed(name, keys)
        except KeyNameError as error:
            problems[name] = str(error)
    for clash in find_clashes(now):
        problems.setdefault(clash.first, _clash_words(clash, clash.second))
        problems.setdefault(clash.second, _clash_words(clash, clash.first))
    if problems:
        raise KeyChoiceError(problems)
    kept = {name: keys for name, keys in now.items() if keys != COMMANDS[name].keys}
    User.objects.select_for_update().get(pk=user.pk)  # one window at a time
    KeyChoice.objects.filter(user=user).delete()
    KeyChoice.objects.bulk_create(
        KeyChoice(user=user, command=name, keys=" ".join(keys)) for name, keys in kept.items()
    )
    return kept


def _parsed(name: str, keys: Keys) -> Keys:
    found = tuple(dict.fromkeys(parse_key(key) for key in keys if key.strip()))[:MOST_KEYS]
    command = COMMANDS[name]
    for key in found:
        if command.is_typing and is_typed(key) and key not in command.keys:
            msg = (
                f"“{command.words}” also acts while you type, so {key} would never write. "
                "Choose a key with Ctrl or Alt, Escape, or F1 to F12."
            )
            raise KeyNameError(msg)
    return found


def _clash_words(clash: Clash, other: str) -> str:
    return f"{clash.key} also means “{COMMANDS[other].words}”. One key does one thing on a page."
