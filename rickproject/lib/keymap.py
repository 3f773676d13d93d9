"""Which key runs which command on which page, with a person's choices among them."""

from collections.abc import Mapping
from dataclasses import dataclass

from rickproject.lib.key_commands import AREAS, EVERYWHERE, SECTIONS, Keys, Section

Choices = Mapping[str, Keys]
MOST_KEYS = 2
AREA_OF_ROUTE = {route: area.name for area in AREAS for route in area.routes}
PARENT = {area.name: area.inside for area in AREAS}
COMMANDS = {
    f"{section.area}.{command.name}": command
    for section in SECTIONS
    for command in section.commands
}


@dataclass(frozen=True, slots=True)
class Clash:
    """Two commands that one key would run on one page."""

    first: str
    second: str
    key: str


def keys_now(choices: Choices) -> dict[str, Keys]:
    """Return every command's keys: a person's choice, else the default.

    A default that a choice has taken on the same page is left out, so that a command which comes
    new into the map never takes a key away from somebody.
    """
    chosen = {name: keys for name, keys in choices.items() if name in COMMANDS}
    found = {}
    for name, command in COMMANDS.items():
        taken = {key for other, keys in chosen.items() if share_a_page(name, other) for key in keys}
        default = tuple(key for key in command.keys if key not in taken)
        found[name] = chosen.get(name, default)
    return found


def find_clashes(keys: Choices) -> list[Clash]:
    """Return each pair of commands that one key would run on the same page."""
    names = list(keys)
    return [
        Clash(first, second, key)
        for at, first in enumerate(names)
        for second in names[at + 1 :]
        if share_a_page(first, second)
        for key in sorted(set(keys[first]) & set(keys[second]))
    ]


def share_a_page(first: str, second: str) -> bool:
    """Whether a key could mean both: same area, or one is everywhere. A field's keys go first."""
    one, other = area_of(first), area_of(second)
    return one == other or EVERYWHERE in {one, other}


def area_of(name: str) -> str:
    """Return the area of a command's full name."""
    return name.partition(".")[0]


def sections_of(route: str) -> list[Section]:
    """Return what acts on the page of a route: its own area with its parts, then everywhere."""
    area = AREA_OF_ROUTE.get(route, "")
    own = [one for one in SECTIONS if area and area in {one.area, PARENT[one.area]}]
    return [*own, *(one for one in SECTIONS if one.area == EVERYWHERE)]
