"""The one map of keys: sound in itself, and the same as what pages bind and buttons name."""

import re
from pathlib import Path

from rickproject.lib.key_commands import AREAS
from rickproject.lib.key_names import parse_key
from rickproject.lib.keymap import (
    AREA_OF_ROUTE,
    COMMANDS,
    MOST_KEYS,
    Clash,
    find_clashes,
    keys_now,
    sections_of,
)
from tests.access_table import ROUTES

ROOT = Path(__file__).parents[3]
AREA_NAMES = "|".join(area.name for area in AREAS)


def texts(pattern: str) -> str:
    found = (path for path in ROOT.glob(pattern) if "node_modules" not in path.parts)
    return "\n".join(path.read_text() for path in found)


def test_keys_of_the_map_are_written_in_the_one_way_and_never_clash() -> None:
    for command in COMMANDS.values():
        assert 1 <= len(command.keys) <= MOST_KEYS
        assert [parse_key(key) for key in command.keys] == list(command.keys)
    assert find_clashes({name: command.keys for name, command in COMMANDS.items()}) == []


def test_every_command_is_bound_by_a_script_or_named_by_a_button_and_no_other_is() -> None:
    scripts = texts("*/static/**/*.js")
    scripts = scripts.replace(
        "`splits.take_${n}`", " ".join(f'"splits.take_{n}"' for n in range(1, 10))
    )
    bound = set(re.findall(rf'"((?:{AREA_NAMES})\.[a-z_0-9]+)":', scripts))
    bound |= set(re.findall(r'"(splits\.take_\d)"', scripts))
    pages = texts("templates/**/*.html")
    named = set(re.findall(r'data-command="([a-z_.0-9]+)"', pages))
    assert bound | named == set(COMMANDS)
    hints = re.findall(rf"{{% key(?:_words)? [\"']((?:{AREA_NAMES})\.[a-z_]+)[\"']", pages)
    assert set(hints) - {"splits.take_"} <= set(COMMANDS)


def test_routes_of_the_map_are_routes() -> None:
    assert set(AREA_OF_ROUTE) <= set(ROUTES)


def test_a_page_has_its_own_commands_those_of_its_fields_and_those_of_every_page() -> None:
    areas = {section.area for section in sections_of("reader")}
    assert areas == {"reader", "note", "everywhere"}
    assert {section.area for section in sections_of("members")} == {"everywhere"}


def test_a_choice_goes_before_a_default_that_wants_the_same_key() -> None:
    keys = keys_now({"reader.note": ("B", "O"), "gone.command": ("X",), "reader.dismiss": ()})
    assert keys["reader.note"] == ("B", "O")
    assert keys["reader.toggle"] == ("Enter",)
    assert keys["reader.dismiss"] == ()
    assert keys["review.back"] == ("B",)
    assert "gone.command" not in keys
    assert find_clashes(keys) == []


def test_a_key_clashes_on_one_page_and_with_every_page_but_not_between_pages_or_with_a_field() -> (
    None
):
    keys = keys_now({}) | {"reader.note": ("J",)}
    assert find_clashes(keys) == [Clash("reader.next", "reader.note", "J")]
    keys = keys_now({}) | {"chat.new": ("/",)}
    assert find_clashes(keys) == [Clash("everywhere.search", "chat.new", "/")]
    assert find_clashes(keys_now({}) | {"line.keep": ("Mod+Z",), "projects.new": ("B",)}) == []
