"""The reference pages name everything there is, and nothing that is not."""

import re
import subprocess
from pathlib import Path

import pytest
from django.core.management import get_commands

from rickproject.config import Config, variable_names
from rickproject.lib.key_commands import AREAS, SECTIONS

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"
OURS = ("rickproject", "curation", "training")


def read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def pages() -> list[Path]:
    return sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])


def test_settings_page_has_every_setting_with_its_default_and_description() -> None:
    assert settings_table() in read("reference/settings.md")


def test_commands_page_has_every_command_of_ours() -> None:
    page = read("reference/commands.md")
    ours = [name for name, app in get_commands().items() if app in OURS]
    assert [name for name in sorted(ours) if f"`{name}" not in page] == []


def test_commands_page_has_every_make_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    hidden = {"install", "dev", "format", "trainer-optional", "trainer-for-tests"}
    targets = set(re.findall(r"^([a-z-]+):(?!=)", makefile, re.MULTILINE)) - hidden
    targets = {name for name in targets if not name.startswith("check-")}
    page = read("reference/commands.md")
    assert sorted(name for name in targets if f"`make {name}" not in page) == []


@pytest.mark.parametrize("page", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    local = [link for link in links if not link.startswith(("http:", "https:", "mailto:"))]
    assert [link for link in local if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_pages_name_only_files_that_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:rickproject|curation|training|tests|docs)/[\w./-]+)`", text))
    assert sorted(name for name in named if not (ROOT / name).exists()) == []


def test_makefile_and_ci_are_well_formed() -> None:
    done = subprocess.run(
        ["make", "--dry-run", "clean"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert subprocess.run(["bash", "-n", ".ci/run"], cwd=ROOT, check=False).returncode == 0


def settings_table() -> str:
    """Return the table as it should stand in docs/reference/settings.md."""
    rows = [
        f"| `{variable}` | {_default(name)} | {Config.model_fields[name].description} |"
        for name, variable in variable_names().items()
    ]
    return "\n".join(["| variable | default | what it is |", "| --- | --- | --- |", *rows])


def _default(name: str) -> str:
    default = Config.model_fields[name].default
    if default in {None, ""}:
        return "unset"
    if name == "var_dir":
        return "`var` beside `manage.py`"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def keys_table() -> str:
    """Return the key map as the reference shows it."""
    lines = []
    for area in AREAS:
        lines += [f"## {area.title}", "", "| keys | what they do |", "| --- | --- |"]
        for section in SECTIONS:
            if section.area != area.name:
                continue
            for command in section.commands:
                keys = ", ".join(f"`{key.replace('Mod', 'Ctrl')}`" for key in command.keys)
                typing = " (also while typing)" if command.is_typing else ""
                lines.append(f"| {keys} | {command.words}{typing} |")
        lines.append("")
    return "\n".join(lines).strip()


def test_keys_page_is_the_key_map() -> None:
    assert keys_table() in read("reference/keys.md")
