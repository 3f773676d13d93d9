"""Read what keys a person chose."""

from curation.models import KeyChoice
from rickproject.lib.key_commands import Keys


def key_choices(user_id: int) -> dict[str, Keys]:
    """Return the keys a person gave to commands, by the command's name; no keys is switched off."""
    rows = KeyChoice.objects.filter(user=user_id).order_by().values_list("command", "keys")
    return {command: tuple(keys.split()) for command, keys in rows}
